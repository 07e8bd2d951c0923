package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"shangliang/internal/org/orgweb"
)

// Serve answers on a listener until ctx ends, then finishes what was begun. It
// starts the background work first.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	if err := a.Start(ctx); err != nil {
		return err
	}
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
