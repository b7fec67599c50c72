package books

// KeepAtMost sets the size of the cache of pools, in bytes.
func (b *Books) KeepAtMost(bytes int) { b.pools.most = bytes }

// KeptPools returns how many pools are cached and how many bytes are counted for them.
func (b *Books) KeptPools() (pools, bytes int) {
	b.pools.mu.Lock()
	defer b.pools.mu.Unlock()
	return len(b.pools.byID), b.pools.size
}
