// Package errs gives every error a kind that code can act on and, where a
// person will read it, a message for that person.
//
// Main types: [Error], [Kind], [Field]. It owns no tables. It deliberately
// knows nothing of HTTP: package web maps kinds to status codes.
package errs

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about an error. The zero Kind is [Internal]:
// an error nobody classified is never shown to a person.
type Kind uint8

// The kinds. Package web maps each to one HTTP status.
const (
	Internal        Kind = iota // a fault of ours: logged, never shown
	Invalid                     // the input is wrong; Fields say where
	Unauthenticated             // nobody is signed in
	Forbidden                   // signed in, but not allowed
	NotFound                    // is not there, or is not yours
	Conflict                    // somebody else was faster, or the state forbids it
	TooLarge                    // more bytes than allowed
	TooMany                     // more requests than allowed
	Unavailable                 // try again later
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "forbidden", "not_found", "conflict", "too_large", "too_many", "unavailable"}

// String returns the kind's stable name, as REST clients see it.
func (k Kind) String() string { return kindNames[k] }

// Field is a message about one field of a form or one cell of a table.
type Field struct {
	Name string // the form field's or column's name
	Msg  string // for the person, in Simplified Chinese; a format for Args
	Args []any
}

// Error is a classified error. Msg is written for the person who caused it, in
// Simplified Chinese, and is translated with Args by package lang when shown.
type Error struct {
	Kind   Kind
	Msg    string
	Args   []any
	Fields []Field
	Err    error // the cause, for the log only
}

// Error implements error; it is for logs.
func (e *Error) Error() string {
	s := e.Kind.String()
	if e.Msg != "" {
		s += ": " + fmt.Sprintf(e.Msg, e.Args...)
	}
	for _, f := range e.Fields {
		s += fmt.Sprintf(" [%s: %s]", f.Name, fmt.Sprintf(f.Msg, f.Args...))
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with a message for the person.
func New(k Kind, msg string, args ...any) *Error {
	return &Error{Kind: k, Msg: msg, Args: args}
}

// Because is [New] with a cause that goes to the log.
func Because(cause error, k Kind, msg string, args ...any) *Error {
	return &Error{Kind: k, Msg: msg, Args: args, Err: cause}
}

// Missing is the one answer for what is not there and for what is not yours.
func Missing() *Error { return New(NotFound, "没有找到这个页面或记录") }

// KindOf returns the kind of the first classified error in err's chain, and
// [Internal] for any other.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Fields collects messages about fields, in the order in which they were added.
// The zero value is ready to use.
type Fields []Field

// Add notes what is wrong with a field.
func (f *Fields) Add(name, msg string, args ...any) {
	*f = append(*f, Field{Name: name, Msg: msg, Args: args})
}

// Check adds the message unless ok.
func (f *Fields) Check(ok bool, name, msg string, args ...any) {
	if !ok {
		f.Add(name, msg, args...)
	}
}

// Err returns nil when nothing was added, else an [Invalid] error.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Msg: "请改正标出的内容", Fields: f}
}
