// Package ssotest gives tests a real provider of identities that speaks OpenID
// Connect, with a page where people sign in.
//
// Main types: [Server], [User]. It keeps everything in memory.
package ssotest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"

	"shangliang/internal/sso"
)

// User is somebody whom the provider knows.
type User = storage.User

// Password is everybody's.
const Password = "Zhengwu-2026"

// Users are whom a [Server] knows, by sign-in name.
type Users map[string]*User

// GetUserByID implements [storage.UserStore].
func (u Users) GetUserByID(id string) *User {
	for _, user := range u {
		if user.ID == id {
			return user
		}
	}
	return nil
}

// GetUserByUsername implements [storage.UserStore].
func (u Users) GetUserByUsername(name string) *User { return u[name] }

// ExampleClientID implements [storage.UserStore].
func (Users) ExampleClientID() string { return storage.ServiceUserID }

// Server is a provider with one client.
type Server struct {
	Config sso.Config
	Users  Users
	// Away has it answer nothing.
	Away atomic.Bool

	provider http.Handler
}

// Serve starts a provider for the platform at site, which ends with the test.
func Serve(t testing.TB, site, callback string, users ...*User) *Server {
	t.Helper()
	s := &Server{Users: Users{}}
	for _, u := range users {
		u.Password = Password
		s.Users[u.Username] = u
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	// Browsers take localhost and 127.0.0.1 for different sites, as a provider is.
	issuer := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	s.Config = sso.Config{Issuer: issuer, Client: "shangliang", Secret: "hush"}
	clients := map[string]*storage.Client{"shangliang": storage.WebClient("shangliang", "hush", site+callback)}
	// It wants a logger and makes it everybody's.
	s.provider = exampleop.SetupServer(issuer, store{storage.NewStorageWithClients(s.Users, clients), site}, slog.New(slog.DiscardHandler), true)
	return s
}

// store lets the client's people come back after they signed out.
type store struct {
	*storage.Storage
	site string
}

func (s store) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := s.Storage.GetClientByClientID(ctx, id)
	return client{c, s.site}, err
}

type client struct {
	op.Client
	site string
}

func (c client) PostLogoutRedirectURIs() []string { return []string{c.site + "/sign-in"} }

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Away.Load() {
		http.Error(w, "away", http.StatusBadGateway)
		return
	}
	s.provider.ServeHTTP(w, r)
}

var requestID = regexp.MustCompile(`name="id" value="([^"]*)"`)

// SignIn does what a browser does at the address that [sso.Provider.Begin] gave:
// somebody signs in, and it returns what the provider sends them back with.
func (s *Server) SignIn(to, username string) (url.Values, error) {
	var back url.Values
	c := &http.Client{CheckRedirect: func(req *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(req.URL.String(), s.Config.Issuer) {
			back = req.URL.Query()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	resp, err := c.Get(to)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if back != nil { // refused without a page
		return back, nil
	}
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		return nil, err
	}
	id := requestID.FindStringSubmatch(b.String())
	if id == nil {
		return nil, errors.New("ssotest: no page to sign in: " + b.String())
	}
	resp, err = c.PostForm(s.Config.Issuer+"/login/username", url.Values{"id": {id[1]}, "username": {username}, "password": {Password}})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if back == nil {
		return nil, errors.New("ssotest: " + username + " could not sign in")
	}
	return back, nil
}
