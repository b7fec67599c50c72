package client_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/wire"
)

// List the pools that accept pledges now, with the yield of 300 PSL in each.
func ExampleClient_Pools() {
	c, err := client.New("http://127.0.0.1:9734")
	if err != nil {
		log.Fatal(err)
	}
	list, err := c.Pools(context.Background(), wire.PoolQuery{Open: true, Coins: 300})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range list.Items {
		fmt.Println(p.ID, p.Company, p.Fee, p.YieldWith)
	}
}
