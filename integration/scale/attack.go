package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// attackCommand is an open-loop client in a process of its own, so that neither the writer's garbage collector nor a slow answer delays its
// clock: a request goes out when it is due, whether or not earlier ones were answered, and its latency counts from then.
type attackCommand struct {
	URL  string        `arg:"" help:"Of the server."`
	Rate int           `default:"1000" help:"Requests a second."`
	For  time.Duration `default:"10s" help:"How long."`
}

// hit is an answer to one request of an attack.
type hit struct {
	Due    time.Time
	Took   time.Duration
	Failed bool
}

// Run asks for the paths on standard input in turn, and prints a hit a line.
func (a *attackCommand) Run(ctx context.Context) error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	lines := json.NewEncoder(out)
	for _, h := range a.attack(ctx, strings.Fields(string(text))) {
		if err := lines.Encode(h); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (a *attackCommand) attack(ctx context.Context, paths []string) []hit {
	client := newClient()
	defer client.CloseIdleConnections()
	hits := make([]hit, a.Rate*int(a.For/time.Second))
	var wg sync.WaitGroup
	began := time.Now()
	for i := range hits {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(a.Rate))
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			hits = hits[:i]
			break
		}
		path := paths[i%len(paths)]
		wg.Go(func() {
			_, err := fetch(ctx, client, a.URL+path)
			hits[i] = hit{due, time.Since(due), err != nil}
		})
	}
	wg.Wait()
	return hits
}

// patience is how long a request may take before it counts as failed.
const patience = 30 * time.Second

func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2000, DisableCompression: true}, Timeout: patience}
}

// fetch reads an answer and returns its size, bytes.
func fetch(ctx context.Context, client *http.Client, url string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	size, err := io.Copy(io.Discard, res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, res.Status)
	}
	return size, err
}

// attacked is an attack of a process that runs.
type attacked struct {
	cmd *exec.Cmd
	out strings.Builder
}

// attack starts an attack of this program on a server.
func attack(ctx context.Context, url string, paths []string, rate int, during time.Duration) (*attacked, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	a := &attacked{cmd: exec.CommandContext(ctx, self, "attack", url, "--rate", strconv.Itoa(rate), "--for", during.String())}
	a.cmd.Env = append(os.Environ(), attacking+"=1")
	a.cmd.Stdin, a.cmd.Stdout, a.cmd.Stderr = strings.NewReader(strings.Join(paths, "\n")), &a.out, os.Stderr
	return a, a.cmd.Start()
}

// attacking tells the test binary that it is started as the program.
const attacking = "SMARTPOOL_SCALE_ATTACK"

// hits waits for the end of the attack.
func (a *attacked) hits() ([]hit, error) {
	if err := a.cmd.Wait(); err != nil {
		return nil, err
	}
	var all []hit
	for in := json.NewDecoder(strings.NewReader(a.out.String())); in.More(); {
		var h hit
		if err := in.Decode(&h); err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

// latencies are the times of answers.
type latencies struct {
	Answers int
	Failed  int
	P50     time.Duration
	P99     time.Duration
	P999    time.Duration
	Longest time.Duration
}

// summarize returns the quantiles of times, which it sorts.
func summarize(times []time.Duration, failed int) latencies {
	slices.Sort(times)
	at := func(perMille int) time.Duration { // the shortest time that this share of the answers did not exceed
		if len(times) == 0 {
			return 0
		}
		return times[max(0, (len(times)*perMille+999)/1000-1)]
	}
	return latencies{len(times), failed, at(500), at(990), at(999), at(1000)}
}
