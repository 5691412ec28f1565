package bustest

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"tocsin/internal/bus"
)

// ShortLease is for tests that wait for the end of leases: half of what they wait for
// otherwise, and still long beside what a loaded machine may keep a renewal waiting.
const ShortLease = bus.LeaseTTL / 2

// LongestFailOver is how long a fail-over may take.
const LongestFailOver = 10 * time.Second

// FailOvers kills the one who leads, on a cluster of three servers, at random moments:
// twice, or as often as TOCSIN_FAILOVERS says, and then each in time.
type FailOvers struct {
	N    int
	Rand *rand.Rand
	Live *bus.Bus // a connection that nobody cuts

	t       *testing.T
	timed   bool
	servers *Servers
	born    int
}

// NewFailOvers starts the cluster. It skips a test that is to be short.
func NewFailOvers(t *testing.T) *FailOvers {
	t.Helper()
	f := &FailOvers{t: t, N: 2}
	if s := os.Getenv("TOCSIN_FAILOVERS"); s != "" {
		var err error
		f.timed = true // the machine is its own
		if f.N, err = strconv.Atoi(s); err != nil {
			t.Fatalf("TOCSIN_FAILOVERS=%q: %v", s, err)
		}
	} else if testing.Short() {
		t.Skip("waits for leases to end")
	}
	seed := uint64(time.Now().UnixNano())
	f.Rand = rand.New(rand.NewPCG(seed, 0))
	t.Logf("%d fail-overs, random seed %d", f.N, seed)
	began := time.Now()
	f.servers = NewServers(t, 3)
	if !f.timed {
		f.servers.Lease = ShortLease
	}
	f.Live, _ = f.servers.Bus(t, 0)
	t.Logf("a cluster of three is ready after %v", time.Since(began).Round(time.Millisecond))
	return f
}

// leading is one who may lead.
type leading struct {
	line *Line
	stop func()
	at   *Points
}

func (f *FailOvers) spawn(worker func(*bus.Bus) (run func(context.Context) error, at *Points)) leading {
	f.t.Helper()
	b, line := f.servers.Bus(f.t, f.born%3)
	f.born++
	run, at := worker(b)
	return leading{line, Start(f.t, run), at}
}

// Run makes workers, of which one leads and one stands by, and has work come: of each
// fail-over some before the leader is cut off, and some after. All of it must be settled
// by a consumer in the end.
func (f *FailOvers) Run(worker func(*bus.Bus) (run func(context.Context) error, at *Points), before, after func(k int), settles bus.Consumer) {
	t := f.t
	t.Helper()
	leader := f.spawn(worker)
	leader.at.Wait(t, "leading")
	standby := f.spawn(worker)
	standby.at.Wait(t, "standing by")
	var longest time.Duration
	for k := range f.N {
		before(k)
		bus.Pause(t.Context(), time.Duration(f.Rand.IntN(30))*time.Millisecond)
		leader.line.Cut()
		killed := time.Now()
		after(k)
		dead, third := leader, f.spawn(worker)
		select { // either of them may be the one
		case <-standby.at.Come("leading"):
			leader, standby = standby, third
		case <-third.at.Come("leading"):
			leader = third
		case <-time.After(6 * LongestFailOver):
			t.Fatal("nobody leads")
		}
		led := time.Since(killed)
		Settled(t, f.Live, settles)
		took := time.Since(killed)
		longest = max(longest, took)
		t.Logf("fail-over %d: another leads after %v, all is done after %v", k+1, led.Round(time.Millisecond), took.Round(time.Millisecond))
		if f.timed && took > LongestFailOver {
			t.Errorf("fail-over %d took %v, want less than %v", k+1, took, LongestFailOver)
		}
		dead.stop()
	}
	t.Logf("the longest fail-over took %v", longest.Round(time.Millisecond))
}
