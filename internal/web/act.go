package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// LongestKey is the longest request key that others are derived from as it is:
// keys have at most 128 characters.
const LongestKey = 64

// Derived is a context for one of several acts that one request asks for: each
// has a key of its own, so that sending the request again repeats none of them
// and leaves none out.
func Derived(ctx context.Context, part string) context.Context {
	r := actor.RequestFrom(ctx)
	if r.Key == "" {
		return ctx
	}
	if len(r.Key) > LongestKey {
		sum := sha256.Sum256([]byte(r.Key))
		r.Key = hex.EncodeToString(sum[:16])
	}
	r.Key += ":" + part
	return actor.WithRequest(ctx, r)
}

// Message is what an error says to a person in one line; of a fault of ours, that
// it was not done.
func Message(ctx context.Context, err error) string {
	e, _ := errors.AsType[*errs.Error](err)
	switch {
	case e == nil || e.Kind == errs.Internal:
		return lang.T(ctx, "没有办成，请看过最新的内容后再操作")
	case len(e.Fields) > 0:
		return lang.T(ctx, e.Fields[0].Msg, e.Fields[0].Args...)
	}
	return lang.T(ctx, e.Msg, e.Args...)
}

// Mendable reports whether a person can mend an error where they typed: the form
// is then shown again with what was wrong.
func Mendable(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Conflict, errs.TooLarge:
		return true
	}
	return false
}
