package jobsweb

import (
	"context"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/errs"
	"shangliang/internal/jobs"
	"shangliang/internal/web"
)

// apiJob is a job as REST gives it. Its arguments are ids and stay inside.
type apiJob struct {
	ID          int64      `json:"id"`
	Kind        string     `json:"kind"`
	State       string     `json:"state" enum:"available,scheduled,running,retryable,completed,discarded,cancelled"`
	Attempt     int        `json:"attempt"`
	MaxAttempts int        `json:"max_attempts"`
	LastError   string     `json:"last_error,omitempty"`
	AddedAt     time.Time  `json:"added_at"`
	DueAt       time.Time  `json:"due_at" doc:"Of the next attempt, or of the last"`
	EndedAt     *time.Time `json:"ended_at,omitempty"`
}

type jobPath struct {
	ID int64 `path:"id"`
}

type none struct{}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"jobs"}}
}

func (p *pages) api(api huma.API) {
	huma.Register(api, operation("list-jobs", "GET", "/jobs", "Work in the background, newest first"),
		func(ctx context.Context, in *struct {
			web.PageQuery
			Kind  string `query:"kind"`
			State string `query:"state" enum:"available,scheduled,running,retryable,completed,discarded,cancelled"`
		}) (*struct{ Body web.Page[apiJob] }, error) {
			keys, err := web.ReadCursor(in.Cursor, 1)
			if err != nil {
				return nil, err
			}
			f := jobs.Filter{Kind: in.Kind, State: jobs.State(in.State), N: in.Limit + 1}
			if keys != nil {
				if f.Before, err = strconv.ParseInt(keys[0], 10, 64); err != nil {
					return nil, errs.New(errs.Invalid, "翻页位置有误，请从第一页重新开始")
				}
			}
			found, err := p.Jobs.List(ctx, f)
			if err != nil {
				return nil, err
			}
			items := make([]apiJob, len(found))
			for i, it := range found {
				items[i] = apiJob{ID: it.ID, Kind: it.Kind, State: string(it.State), Attempt: it.Attempt, MaxAttempts: it.MaxAttempts,
					LastError: it.LastError, AddedAt: it.AddedAt, DueAt: it.DueAt}
				if !it.EndedAt.IsZero() {
					items[i].EndedAt = &it.EndedAt
				}
			}
			return &struct{ Body web.Page[apiJob] }{web.MakePage(items, in.Limit, func(j apiJob) []string { return []string{strconv.FormatInt(j.ID, 10)} })}, nil
		})
	huma.Register(api, operation("retry-job", "POST", "/jobs/{id}/retry", "Do a job now"),
		func(ctx context.Context, in *jobPath) (*none, error) { return nil, p.Jobs.Retry(ctx, in.ID) })
	huma.Register(api, operation("discard-job", "POST", "/jobs/{id}/discard", "Give a job up"),
		func(ctx context.Context, in *jobPath) (*none, error) { return nil, p.Jobs.Discard(ctx, in.ID) })
}
