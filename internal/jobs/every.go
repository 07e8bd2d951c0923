package jobs

import (
	"context"
	"math/rand/v2"
	"time"
)

// tick does e.Work until the context ends. The pauses vary by a tenth, so that
// processes do not march in step.
func (q *Queue) tick(ctx context.Context, e Every) {
	pause := time.Duration(rand.Int64N(int64(e.Interval)/10 + 1))
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		start := time.Now()
		err := q.observe(e.Name, func() error { return e.Work(ctx) })
		if ctx.Err() != nil {
			return
		}
		q.rounds.ended(e.Name, q.db.Now(), time.Since(start), err)
		if err != nil {
			q.config.Log.Error("repeated work failed", "name", e.Name, "error", err)
		}
		pause = e.Interval*95/100 + time.Duration(rand.Int64N(int64(e.Interval)/10+1))
	}
}

// Stop ends the work: what is being done may finish until ctx ends, then it is
// cancelled and will be done again later.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cancel == nil {
		return nil
	}
	var err error
	if q.worker != nil {
		if err = q.worker.Stop(ctx); err != nil {
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			err = q.worker.StopAndCancel(late)
		}
	}
	q.cancel()
	q.tickers.Wait()
	q.cancel, q.worker = nil, nil
	return err
}
