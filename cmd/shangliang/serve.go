package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"

	"shangliang/internal/app"
	"shangliang/internal/secret"
	"shangliang/internal/sso"
)

// options are the flags that say where a platform lives; each has an
// environment variable of the same name, so that no password stands in a list of
// processes.
func (e env) options(f *flag.FlagSet, o *app.Options) {
	or := func(name, fallback string) string {
		if v := e.getenv(name); v != "" {
			return v
		}
		return fallback
	}
	f.StringVar(&o.Data, "data", or("SHANGLIANG_DATA", "./data/main"), "folder of keys, files and, on SQLite, the database ($SHANGLIANG_DATA)")
	o.Database = e.getenv("SHANGLIANG_DATABASE")
	f.Func("database", "postgres://… or sqlite:PATH; SQLite in the data folder if not given ($SHANGLIANG_DATABASE)", func(s string) error { o.Database = s; return nil })
	f.StringVar(&o.S3.URL, "s3", e.getenv("SHANGLIANG_S3"), "keep the files of cases in a bucket: https://HOST/BUCKET[/PREFIX]; in the data folder if not given ($SHANGLIANG_S3)")
	f.StringVar(&o.S3.Region, "s3-region", e.getenv("SHANGLIANG_S3_REGION"), "the bucket's region; asked for if not given ($SHANGLIANG_S3_REGION)")
	f.StringVar(&o.S3.Style, "s3-style", or("SHANGLIANG_S3_STYLE", "auto"), "how the bucket is addressed: host, path or auto ($SHANGLIANG_S3_STYLE)")
	f.StringVar(&o.S3.CAFile, "s3-ca", e.getenv("SHANGLIANG_S3_CA"), "file with certificates to trust as well ($SHANGLIANG_S3_CA)")
	o.S3.Key, o.S3.Secret = e.getenv("SHANGLIANG_S3_KEY"), secret.Text(e.getenv("SHANGLIANG_S3_SECRET"))
	f.Func("s3-key-file", "file with the access key and, on its second line, the secret ($SHANGLIANG_S3_KEY and $SHANGLIANG_S3_SECRET if not given)", func(name string) error {
		keys, err := secret.File(name, 2)
		if err == nil {
			o.S3.Key, o.S3.Secret = string(keys[0]), keys[1]
		}
		return err
	})
	o.Log = e.log()
}

// serving are the flags of how people reach a platform.
func (e env) serving(f *flag.FlagSet, o *app.Options, addr *string) {
	f.StringVar(addr, "addr", "127.0.0.1:8080", "address to listen on")
	f.StringVar(&o.BaseURL, "url", e.getenv("SHANGLIANG_URL"), "how people reach the platform, for links in mails: https://… ($SHANGLIANG_URL)")
	f.BoolVar(&o.Secure, "secure", false, "people reach it by TLS (through a proxy)")
	f.BoolVar(&o.Proxied, "proxied", false, "behind a proxy that adds X-Forwarded-For")
	f.StringVar(&o.SMTP.Host, "smtp", e.getenv("SHANGLIANG_SMTP"), "mail server; no mails if empty ($SHANGLIANG_SMTP)")
	f.IntVar(&o.SMTP.Port, "smtp-port", 0, "its port, if not the usual one")
	f.StringVar(&o.SMTP.User, "smtp-user", "", "name to sign in there")
	f.StringVar(&o.SMTP.PasswordFile, "smtp-password-file", "", "file with the password")
	f.StringVar(&o.SMTP.From, "smtp-from", "", "sender of mails: 县政协 <zx@example.cn>")
	f.StringVar(&o.SMTP.TLS, "smtp-tls", "", "starttls (default), implicit or none")
	f.StringVar(&o.SMTP.CAFile, "smtp-ca", "", "file with certificates to trust as well, if the server has its own")
	f.StringVar(&o.Gateways.Networks, "gateway-networks", e.getenv("SHANGLIANG_GATEWAY_NETWORKS"), "networks of ours to which gateways for notices may lead, also without TLS: 10.1.0.0/16,10.2.3.4 ($SHANGLIANG_GATEWAY_NETWORKS)")
	f.StringVar(&o.Gateways.CAFile, "gateway-ca", e.getenv("SHANGLIANG_GATEWAY_CA"), "file with certificates to trust as well for gateways ($SHANGLIANG_GATEWAY_CA)")
	o.Metrics = e.getenv("SHANGLIANG_METRICS_TOKEN")
	f.StringVar(&o.SSO.Issuer, "oidc", e.getenv("SHANGLIANG_OIDC"), "let people sign in by this issuer of OpenID Connect as well: https://… ($SHANGLIANG_OIDC)")
	f.StringVar(&o.SSO.Client, "oidc-client", e.getenv("SHANGLIANG_OIDC_CLIENT"), "our client id there ($SHANGLIANG_OIDC_CLIENT)")
	f.StringVar(&o.SSO.Name, "oidc-name", e.getenv("SHANGLIANG_OIDC_NAME"), "what people call it, for the button; "+sso.DefaultName+" if not given ($SHANGLIANG_OIDC_NAME)")
	f.StringVar(&o.SSO.Match, "oidc-match", e.getenv("SHANGLIANG_OIDC_MATCH"), "claim that is an account's: email=email, preferred_username=login; if not given, only accounts that an administrator linked ($SHANGLIANG_OIDC_MATCH)")
	f.StringVar(&o.SSO.Scopes, "oidc-scopes", e.getenv("SHANGLIANG_OIDC_SCOPES"), "what to ask for; \"openid profile email\" if not given ($SHANGLIANG_OIDC_SCOPES)")
	f.StringVar(&o.SSO.CAFile, "oidc-ca", e.getenv("SHANGLIANG_OIDC_CA"), "file with certificates to trust as well ($SHANGLIANG_OIDC_CA)")
	o.SSO.Secret = secret.Text(e.getenv("SHANGLIANG_OIDC_SECRET"))
	f.Func("oidc-secret-file", "file with our secret there ($SHANGLIANG_OIDC_SECRET if not given)", func(name string) error {
		words, err := secret.File(name, 1)
		if err == nil {
			o.SSO.Secret = words[0]
		}
		return err
	})
}

func serve(ctx context.Context, e env, args []string) error {
	var o app.Options
	var addr string
	f := e.flags("serve", "[flags]")
	e.options(f, &o)
	e.serving(f, &o, &addr)
	if err := parse(f, args, 0, 0); err != nil {
		return err
	}
	a, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	link, err := a.SetUpLink(ctx, addr)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	return e.answer(ctx, a, addr, func() {
		fmt.Fprintf(e.out, "Shangliang answers on http://%s\n", addr)
		if link != "" {
			fmt.Fprintf(e.out, "It is empty. Set it up at %s\n", link)
		}
	})
}

// answer serves until ctx ends; ready is called once it listens.
func (e env) answer(ctx context.Context, a *app.App, addr string, ready func()) error {
	defer a.Close()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	ready()
	return a.Serve(ctx, l)
}

func migrate(ctx context.Context, e env, args []string) error {
	var o app.Options
	f := e.flags("migrate", "[flags]")
	e.options(f, &o)
	if err := parse(f, args, 0, 0); err != nil {
		return err
	}
	a, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.out, "The database is up to date.")
	return a.Close()
}
