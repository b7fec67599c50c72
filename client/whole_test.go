package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// A busy daemon has a list of one item a page, and comes to its next block before it answers a request that moves names.
type busyDaemon struct {
	items int
	moves func(request int) bool
	asked int
	block int
}

func (d *busyDaemon) tip() wire.Tip {
	return wire.Tip{Height: pastel.Height(d.block), Hash: fmt.Sprintf("%064x", d.block), Time: time.Unix(int64(d.block), 0).UTC()}
}

// page answers with the items of one block: each is named after the block and its place.
func (d *busyDaemon) page(w http.ResponseWriter, r *http.Request, item func(name string) any) {
	if d.moves(d.asked) {
		d.block++
	}
	d.asked++
	i, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	list := wire.List[any]{Tip: d.tip(), Items: []any{item(fmt.Sprintf("block%d.item%d", d.block, i))}}
	if i+1 < d.items {
		list.Next = strconv.Itoa(i + 1)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list)
}

// A whole list is of one block, also if blocks arrive while its pages are read, unless they always do.
func TestWholeListsAreOfOneBlock(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		moves func(request int) bool
		block int // that the list is of; none if there is an error
		asked int
	}{
		"no block":                   {func(int) bool { return false }, 0, 4},
		"a block before the first":   {func(n int) bool { return n == 0 }, 1, 4},
		"a block within":             {func(n int) bool { return n == 2 }, 1, 7},
		"a block before the last":    {func(n int) bool { return n == 3 }, 1, 8},
		"two readings that are late": {func(n int) bool { return n == 1 || n == 4 }, 2, 9},
		"always":                     {func(int) bool { return true }, -1, 10},
	} {
		for list, ask := range map[string]func(c *client.Client) (names []string, tip wire.Tip, err error){
			"pools": func(c *client.Client) (names []string, tip wire.Tip, err error) {
				all, err := c.AllPools(t.Context(), wire.PoolQuery{})
				for i := range all.Items {
					names = append(names, all.Items[i].ID)
				}
				return names, all.Tip, err
			},
			"operators": func(c *client.Client) (names []string, tip wire.Tip, err error) {
				all, err := c.AllOperators(t.Context(), wire.OperatorQuery{})
				for i := range all.Items {
					names = append(names, all.Items[i].Companies...)
				}
				return names, all.Tip, err
			},
		} {
			d := &busyDaemon{items: 4, moves: x.moves}
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				d.page(w, r, func(name string) any {
					if list == "pools" {
						return map[string]any{"id": name}
					}
					return map[string]any{"companies": []string{name}}
				})
			})
			got, tip, err := ask(c)
			if (err != nil) != (x.block < 0) || d.asked != x.asked {
				t.Errorf("%s, %s: %v after %d requests, want %d", list, name, err, d.asked, x.asked)
				continue
			}
			var want []string
			for i := range d.items {
				want = append(want, fmt.Sprintf("block%d.item%d", x.block, i))
			}
			if err == nil && (!slices.Equal(got, want) || int(tip.Height) != x.block) {
				t.Errorf("%s, %s: %q as of block %d, want %q", list, name, got, tip.Height, want)
			}
		}
	}
}

// A whole list of spends says of the mempool's scan what the page that knows least says.
func TestWholeMempoolIsNoBetterThanItsPages(t *testing.T) {
	t.Parallel()
	at := func(height, seconds int64) wire.Spends {
		looked := time.Unix(seconds, 0).UTC()
		return wire.Spends{Tip: wire.Tip{Height: pastel.Height(height), Hash: fmt.Sprintf("%064x", height)}, Looked: &looked}
	}
	none := wire.Spends{Tip: wire.Tip{Height: -1}}
	for name, x := range map[string]struct {
		pages []wire.Spends
		want  int
	}{
		"one scan":                {[]wire.Spends{at(5, 50), at(5, 50)}, 0},
		"a scan between":          {[]wire.Spends{at(5, 50), at(6, 60)}, 0},
		"another, older daemon":   {[]wire.Spends{at(6, 60), at(5, 55)}, 1},
		"an older scan":           {[]wire.Spends{at(6, 60), at(6, 50), at(6, 70)}, 1},
		"no recent scan":          {[]wire.Spends{at(6, 60), none, at(7, 70)}, 1},
		"no recent scan at first": {[]wire.Spends{none, at(7, 70)}, 0},
	} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			i, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
			page := x.pages[i]
			page.Items = []wire.Spend{{Pledge: int64(i)}}
			if i+1 < len(x.pages) {
				page.Next = strconv.Itoa(i + 1)
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(page)
		})
		all, err := c.AllMempool(t.Context(), wire.SpendQuery{})
		want := &x.pages[x.want]
		same := (all.Looked == nil) == (want.Looked == nil) && (all.Looked == nil || all.Looked.Equal(*want.Looked))
		if err != nil || len(all.Items) != len(x.pages) || all.Tip.Height != want.Tip.Height || !same {
			t.Errorf("%s: %d items as of %d, %v, %v", name, len(all.Items), all.Tip.Height, all.Looked, err)
		}
	}
}
