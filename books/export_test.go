package books

// KeepAtMost sets the size of the cache of pools, in bytes.
func (b *Books) KeepAtMost(bytes int) { b.pools.most = bytes }

// KeptPools returns how many pools are cached and how many bytes are counted for them.
func (b *Books) KeptPools() (pools, bytes int) {
	b.pools.mu.Lock()
	defer b.pools.mu.Unlock()
	return len(b.pools.byID), b.pools.size
}

// KeptAccounts returns how many accounts are kept, and how many bytes are counted for them.
func (b *Books) KeptAccounts() (accounts, bytes int) {
	b.rows.mu.Lock()
	defer b.rows.mu.Unlock()
	for _, x := range b.rows.accounts {
		if x.rows.known() != nil {
			accounts++
		}
	}
	return accounts, b.rows.size
}

// KeepAccountsIn bounds the accounts kept, in bytes.
func (b *Books) KeepAccountsIn(bytes int) { b.rows.most = bytes }
