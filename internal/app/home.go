package app

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/module"
	"shangliang/internal/web"
)

// home is a person's first page: the cards of all modules for their role.
func (a *App) home(w http.ResponseWriter, r *http.Request) error {
	who, err := actor.Require(r.Context(), "")
	if err != nil {
		return err
	}
	var cards []module.Card
	for _, m := range a.Modules {
		for _, c := range m.Home {
			if c.Shows(who.Role) {
				cards = append(cards, c)
			}
		}
	}
	slices.SortStableFunc(cards, func(x, y module.Card) int { return x.Order - y.Order })
	var shown []templ.Component
	for _, c := range cards {
		part, err := c.Load(r.Context())
		if err != nil {
			return err
		}
		if part != nil {
			shown = append(shown, part)
		}
	}
	return web.Render(w, r, http.StatusOK, homePage(who.Name, shown))
}
