package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// killed kills beta and its rules in turn, at random moments, while alpha mines.
func killed(ctx context.Context, l *lab, n *notes) error {
	if err := l.activePool(ctx); err != nil {
		return err
	}
	const rounds, blocks = 4, 12
	for round := range rounds {
		mined := make(chan error, 1)
		go func() {
			mined <- l.generate(ctx, l.alpha, blocks)
		}()
		// Chance decides how far beta has got when it dies.
		h, _, err := l.beta.Tip(ctx)
		if err != nil {
			return err
		}
		err = until(ctx, "beta to hear of blocks", time.Minute, func() (bool, string, error) {
			now, _, err := l.beta.Tip(ctx)
			return now > h+1, fmt.Sprintf("block %d", now), err
		})
		if err != nil {
			return err
		}
		victim := map[bool]string{true: "the node", false: "its smartpoold"}[round%2 == 0]
		if round%2 == 0 {
			l.beta.kill()
		} else {
			l.beta.rules.kill()
		}
		if err := <-mined; err != nil {
			return err
		}
		if round%2 == 0 {
			err = l.up(ctx, l.beta)
		} else {
			err = l.beta.rules.start(ctx)
		}
		start := time.Now()
		if err := errors.Join(err, l.reconnect(ctx, l.beta), l.together(ctx)); err != nil {
			return fmt.Errorf("after %s was killed: %w", victim, err)
		}
		n.saw("%s was killed at about block %d; %d s after the restart, both were at the network's tip", victim, h+2, int(time.Since(start).Seconds()))
	}
	return nil
}

// frozen freezes beta's rules for a while: the node waits, then continues.
func frozen(ctx context.Context, l *lab, n *notes) error {
	if err := l.activePool(ctx); err != nil {
		return err
	}
	if err := l.beta.rules.freeze(); err != nil {
		return err
	}
	const long = 8 * time.Second
	begun := time.Now()
	if err := l.generate(ctx, l.alpha, 3); err != nil {
		return errors.Join(err, l.beta.rules.thaw())
	}
	height, hash, err := l.alpha.Tip(ctx)
	if err != nil {
		return errors.Join(err, l.beta.rules.thaw())
	}
	pause(ctx, long-time.Since(begun))
	if err := l.beta.rules.thaw(); err != nil {
		return err
	}
	start := time.Now()
	if err := l.together(ctx); err != nil {
		return err
	}
	now, _, err := l.beta.Tip(ctx)
	if err != nil || now < height {
		return fmt.Errorf("beta is at block %d, not at %s: %w", now, hash, err)
	}
	n.saw("beta's smartpoold was frozen for %s while 3 blocks were mined; %d ms later both were at block %d", long, time.Since(start).Milliseconds(), now)
	return nil
}

// lateJoin adds a new node with empty rules to a network that already has pools.
func lateJoin(ctx context.Context, l *lab, n *notes) error {
	if err := l.activePool(ctx); err != nil {
		return err
	}
	late, err := l.newNode("late", true)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := l.up(ctx, late); err != nil {
		return err
	}
	at, err := l.agree(ctx, l.alpha, late)
	if err != nil {
		return err
	}
	n.saw("a new node with an empty smartpoold had all %d blocks after %d s, and the same digest %x", at.Height, int(time.Since(start).Seconds()), at.Digest[:8])

	// Delete its rules' database while it is down.
	if err := errors.Join(late.stop(ctx), late.rules.stop(ctx)); err != nil {
		return err
	}
	if err := os.RemoveAll(late.rules.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(late.rules.dir, 0o700); err != nil {
		return err
	}
	start = time.Now()
	if err := l.up(ctx, late); err != nil {
		return err
	}
	if at, err = l.agree(ctx, l.alpha, late); err != nil {
		return err
	}
	n.saw("its smartpoold's database was deleted; the node filled an empty one in %d s, with the same digest", int(time.Since(start).Seconds()))
	return errors.Join(late.stop(ctx), late.rules.stop(ctx))
}

// rulesAhead restores an earlier copy of a node's files, so that its rules are ahead.
func rulesAhead(ctx context.Context, l *lab, n *notes) error {
	if err := l.activePool(ctx); err != nil {
		return err
	}
	const ahead = 90
	late, err := l.newNode("restored", true)
	if err != nil {
		return err
	}
	if err := l.up(ctx, late); err != nil {
		return err
	}
	before, err := l.agree(ctx, l.alpha, late)
	if err != nil {
		return err
	}
	if err := late.stop(ctx); err != nil {
		return err
	}
	backup := filepath.Join(l.dir, "restored-backup")
	if err := os.CopyFS(backup, os.DirFS(late.dir)); err != nil {
		return err
	}
	if err := errors.Join(l.up(ctx, late), l.mine(ctx, ahead)); err != nil {
		return err
	}
	if _, err := l.agree(ctx, l.alpha, late); err != nil {
		return err
	}
	if err := late.stop(ctx); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(late.dir), os.Rename(backup, late.dir)); err != nil {
		return err
	}
	if err := late.start(ctx); err != nil {
		return err
	}
	// Until it has a peer, node and rules are where the node's files are.
	at, err := l.agree(ctx, late)
	if err != nil {
		return err
	}
	if at.Digest != before.Digest {
		return fmt.Errorf("at block %d the digest is %x instead of %x", at.Height, at.Digest, before.Digest)
	}
	n.saw("the node's files were restored to block %d while its rules were at %d; they went back with it, to the earlier digest", at.Height, before.Height+ahead)
	if err := l.join(ctx, late, l.alpha); err != nil {
		return err
	}
	if _, err := l.agree(ctx, l.alpha, late); err != nil {
		return err
	}
	n.saw("with peers it caught up, and it has the same digest as the others")
	return errors.Join(late.stop(ctx), late.rules.stop(ctx))
}
