// Package api puts the books on HTTP: operations with an OpenAPI 3.1 document, a cache of answers, a live stream of blocks,
// subscriptions to alerts, and the bounds of what strangers may ask. It decides who may ask what and how often; what an answer says is
// decided in package books.
package api
