package demo

import (
	"context"
	"sync"

	"shangliang/internal/org"
)

// SignIn is somebody who can sign in.
type SignIn struct{ Tenant, Role, Name, Login string }

// signIns gives every account its password: each signs in with the one-time
// password once and chooses, as a person would. Hashing takes its time, so two
// do it at once.
func (p *Play) signIns(ctx context.Context, password string) (all []SignIn, err error) {
	all = append(all, SignIn{city.ShortName, "系统管理员", "温怀谦", "yt-admin"})
	var once []org.OneTime
	for _, h := range p.houses {
		for _, a := range h.accounts {
			all = append(all, SignIn{h.tenant.ShortName, a.title, a.Name, a.Login})
			once = append(once, a.OneTime)
		}
	}
	failed := make(chan error, len(once))
	turn := make(chan struct{}, 2)
	var wg sync.WaitGroup
	for _, one := range once {
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			failed <- p.choose(ctx, one, password)
		})
	}
	wg.Wait()
	close(failed)
	for e := range failed {
		if e != nil {
			err = e
		}
	}
	return all, err
}

func (p *Play) choose(ctx context.Context, one org.OneTime, password string) error {
	in, err := p.Org.SignIn(ctx, org.Credentials{Login: one.Login, Password: one.Password})
	if err == nil {
		_, err = p.Org.FirstPassword(ctx, in.Token, password)
	}
	return err
}
