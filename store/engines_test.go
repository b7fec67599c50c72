package store_test

var databases = []database{{"sqlite", sqliteFile}}
