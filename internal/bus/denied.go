package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// ErrDenied is wrapped when this user may not do what an administrator may.
var ErrDenied = errors.New("the server denies it to this user")

// denials hands what the server denies to those who wait: it tells the connection,
// and never answers the request.
type denials struct {
	mu      sync.Mutex
	waiting map[*request]bool
}

type request struct {
	subject string
	refuse  context.CancelCauseFunc
}

func (d *denials) note(err error) {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for r := range d.waiting {
		if strings.Contains(err.Error(), `"`+r.subject+`"`) {
			r.refuse(ErrDenied)
		}
	}
}

// ask makes a request to JetStream's API that only an administrator may make. A user
// who may not has ErrDenied at once, and not a time-out.
func (b *Bus) ask(ctx context.Context, endpoint string, f func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &request{subject: b.apiPrefix() + endpoint, refuse: cancel}
	b.denials.mu.Lock()
	if b.denials.waiting == nil {
		b.denials.waiting = map[*request]bool{}
	}
	b.denials.waiting[r] = true
	b.denials.mu.Unlock()
	defer func() {
		b.denials.mu.Lock()
		defer b.denials.mu.Unlock()
		delete(b.denials.waiting, r)
	}()
	if err := f(ctx); err != nil {
		if errors.Is(context.Cause(ctx), ErrDenied) {
			return fmt.Errorf("%w: ask the administrator for 'tocsin nats setup' with this configuration", ErrDenied)
		}
		return err
	}
	return nil
}
