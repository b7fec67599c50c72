package client

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
)

// values returns the URL parameters of a query of package wire: its nonzero fields, named by their tags.
func values(query any) url.Values {
	v := url.Values{}
	if query != nil {
		add(v, reflect.ValueOf(query))
	}
	return v
}

func add(v url.Values, q reflect.Value) {
	for i := range q.NumField() {
		field, value := q.Type().Field(i), q.Field(i)
		switch {
		case field.Anonymous:
			add(v, value)
		case value.IsZero():
		case field.Type.Kind() == reflect.Slice:
			v.Set(field.Tag.Get("query"), strings.Join(value.Interface().([]string), ","))
		default:
			v.Set(field.Tag.Get("query"), fmt.Sprint(value.Interface()))
		}
	}
}
