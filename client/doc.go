// Package client asks a smart pool daemon's HTTP API. Every answer is bounded in size and time, and no redirect is followed: a token
// would go with it. What an answer says is the daemon's word, which nothing here checks.
package client
