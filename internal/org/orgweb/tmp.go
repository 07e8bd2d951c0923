package orgweb

import (
	"github.com/danielgtaylor/huma/v2"
	"shangliang/internal/module"
)

type shelf struct{}

func (p *pages) cards() []module.Card { return nil }
func (p *pages) api(huma.API)         {}
