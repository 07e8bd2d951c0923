package orgweb

import (
	"context"
	"net/http"

	"shangliang/internal/actor"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/web"
)

// tenantsPage is the own tenant with those one level below.
type tenantsPage struct {
	Own   *org.Tenant
	Below []*org.Tenant
	In    tenantForm
	Err   error
}

// tenantForm is the own tenant as typed.
type tenantForm struct {
	Name       string `form:"name"`
	ShortName  string `form:"short_name"`
	Region     string `form:"region"`
	RegionCode string `form:"region_code"`
}

func (p *pages) tenantsPage(ctx context.Context) (*tenantsPage, error) {
	v := &tenantsPage{}
	var err error
	if v.Below, err = p.Org.TenantsBelow(ctx); err != nil {
		return nil, err
	}
	if v.Own, err = p.Org.OwnTenant(ctx); err != nil {
		return nil, err
	}
	v.In = tenantForm{v.Own.Name, v.Own.ShortName, v.Own.Region, v.Own.RegionCode}
	return v, nil
}

func (p *pages) showTenants(w http.ResponseWriter, r *http.Request) error {
	v, err := p.tenantsPage(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, tenantsView(v))
}

func (p *pages) saveTenant(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.tenantsPage(ctx)
	if err != nil {
		return err
	}
	in, err := web.Decode[tenantForm](r)
	t := *v.Own
	t.Name, t.ShortName, t.Region, t.RegionCode = in.Name, in.ShortName, in.Region, in.RegionCode
	if err == nil {
		if t.Version, err = version(r); err == nil {
			err = p.Org.SaveTenant(ctx, t)
		}
	}
	if err != nil {
		v.In, v.Err = in, err
		return again(w, r, err, tenantsView(v))
	}
	return done(w, r, lang.T(ctx, "已保存"), "/tenants")
}

func (p *pages) newTenant(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), "org.manage"); err != nil {
		return err
	}
	own, err := p.Org.OwnTenant(r.Context())
	if err != nil {
		return err
	}
	f := newFounding()
	f.Login = ""
	return web.Render(w, r, http.StatusOK, newTenantView(&f, own.Level, nil))
}

// addTenant founds a tenant below and shows its administrator's one-time
// password.
func (p *pages) addTenant(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	own, err := p.Org.OwnTenant(ctx)
	if err != nil {
		return err
	}
	f, err := web.Decode[founding](r)
	if err == nil {
		err = f.check()
	}
	var first org.OneTime
	if err == nil {
		_, first, err = p.Org.CreateTenant(ctx, f.founding())
	}
	if err != nil {
		return again(w, r, err, newTenantView(&f, own.Level, f.place(err)))
	}
	return p.showSlips(w, r, []org.OneTime{first}, lang.T(ctx, "“%s”已设立，请把下面的账号交给对方的系统管理员。", f.Name))
}
