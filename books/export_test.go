package books

// KeepAtMost sets the size of the cache of pools, in bytes.
func (b *Books) KeepAtMost(bytes int) { b.most = bytes }

// KeptPools returns how many pools are cached and how many bytes are counted for them.
func (b *Books) KeptPools() (pools, bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.kept.pools), b.kept.size
}
