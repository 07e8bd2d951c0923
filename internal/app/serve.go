package app

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"shangliang/internal/org/orgweb"
)

// Serve answers on a listener until ctx ends, then finishes what was begun. It
// starts the background work first.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	if err := a.Start(ctx); err != nil {
		return err
	}
	defer runtime.KeepAlive(ballast())
	server := &http.Server{
		Handler:           orgweb.Guard(a.Org, a.Router),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute, // slow uploads from phones
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	err := server.Shutdown(finish)
	if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

// SetUpLink is where whoever started an empty platform sets it up, "" once that
// is done. addr is where it listens, for a platform that knows no better.
func (a *App) SetUpLink(ctx context.Context, addr string) (string, error) {
	empty, err := a.Org.NeedsSetUp(ctx)
	if err != nil || !empty {
		return "", err
	}
	base := cmp.Or(strings.TrimRight(a.Options.BaseURL, "/"), "http://"+addr)
	return orgweb.SetUpLink(base, a.Org.SetUpCode()), nil
}

// ballast is something large that nobody ever touches: it takes no memory
// of the machine, but the collector reckons with it: it runs when the heap has
// doubled, and ours is so small that it would run ten times a second under load.
// Who sets GOGC or GOMEMLIMIT knows better.
func ballast() []byte {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	return make([]byte, 48<<20)
}
