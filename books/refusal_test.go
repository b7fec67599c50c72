package books_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
)

// TestNotAPastelID: an answer about a mistyped PastelID says once what is wrong, and what to do.
func TestNotAPastelID(t *testing.T) {
	ctx, x := context.Background(), open(t, 0, "")
	const want = `"jXcut" is not a PastelID: it has 5 characters, want 86; copy all of it, from jX on`
	_, member := x.Member(ctx, "jXcut")
	_, _, operator := x.Operator(ctx, "jXcut")
	for name, err := range map[string]error{"Member": member, "Operator": operator} {
		var bad *books.BadRequest
		if !errors.As(err, &bad) || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
