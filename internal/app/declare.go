package app

import (
	"shangliang/internal/assessment/assessmentweb"
	"shangliang/internal/award/awardweb"
	"shangliang/internal/backup"
	"shangliang/internal/blob"
	"shangliang/internal/calendar"
	"shangliang/internal/digest/digestweb"
	"shangliang/internal/dispatch/dispatchweb"
	"shangliang/internal/document"
	"shangliang/internal/docx"
	"shangliang/internal/figure/catalogue"
	"shangliang/internal/flow"
	"shangliang/internal/han"
	"shangliang/internal/keyproposal/keyproposalweb"
	"shangliang/internal/lang"
	"shangliang/internal/message/messageweb"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/org/orgweb"
	"shangliang/internal/pdftext"
	"shangliang/internal/proposal/proposalweb"
	"shangliang/internal/publish/publishweb"
	"shangliang/internal/reader"
	"shangliang/internal/reader/intake"
	"shangliang/internal/reading/readingweb"
	"shangliang/internal/regional/regionalweb"
	"shangliang/internal/report"
	"shangliang/internal/sso"
	"shangliang/internal/supervision/supervisionweb"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// permissions are those of all modules, as org wants them.
func permissions(modules []module.Module) []org.Permission {
	var all []org.Permission
	for _, m := range modules {
		all = append(all, m.Permissions...)
	}
	return all
}

// words are the catalogues of all packages.
func words(modules []module.Module) (*lang.Words, error) {
	catalogues := [][]byte{calendar.Words, flow.Words, han.Words, ui.Words, web.Words, document.Words, blob.Words, sso.Words, orgweb.Words, proposalweb.Words, publishweb.Words, backup.Words, intake.Words, docx.Words, pdftext.Words, reader.Words, report.Words, catalogue.Words, Words}
	catalogues = append(catalogues, dispatchweb.Words, keyproposalweb.Words, digestweb.Words, supervisionweb.Words, assessmentweb.Words, regionalweb.Words, awardweb.Words)
	catalogues = append(catalogues, paperWords...)
	catalogues = append(catalogues, sharedWords...)
	catalogues = append(catalogues, messageweb.Words, readingweb.Words)
	for _, m := range modules {
		catalogues = append(catalogues, m.Words)
	}
	var hant func(string) string
	if han.Ready() {
		hant = han.Traditional
	}
	return lang.New(hant, catalogues...)
}
