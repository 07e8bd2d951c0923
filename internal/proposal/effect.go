package proposal

import "shangliang/internal/db"

// caseEffects are what the steps of a case do beside changing its state.
var caseEffects = map[string]func(*work) error{
	"invite":           (*work).invite,
	"reopen":           (*work).uninvite,
	"submit":           (*work).submit,
	"submit_joint":     (*work).submit,
	"approve":          (*work).submit,
	"withdraw":         (*work).takeOut,
	"receive":          (*work).receive,
	"return":           (*work).giveBack,
	"pass":             (*work).pass,
	"file":             (*work).file,
	"decline":          (*work).decline,
	"merge":            (*work).merge,
	"unmerge":          (*work).part,
	"release":          (*work).part,
	"ask_withdrawal":   func(w *work) error { return w.askChange("withdraw") },
	"ask_change":       func(w *work) error { return w.askChange("text") },
	"take_back":        func(w *work) error { _, err := w.answerChange("taken_back"); return err },
	"grant_withdrawal": (*work).grantWithdrawal,
	"grant_change":     (*work).grantChange,
	"refuse_change":    func(w *work) error { _, err := w.answerChange("refused"); return err },
	"dispatch":         (*work).dispatch,
	"add_unit":         (*work).addUnit,
	"return_units":     func(w *work) error { return w.startClock("proposal.dispatch", "assignment.ruling", "", w.today) },
	"complete":         (*work).complete,
	"open_feedback":    (*work).openFeedback,
	"rehandle":         (*work).again,
	"close":            (*work).closeCase,
	"archive":          func(w *work) error { w.ArchivedAt = db.At(w.tx.Now()); return w.stopClocks(true) },
	"put_back":         (*work).putBack,
	"recall":           (*work).recall,
}

// assignmentEffects are what the steps of an assignment do beside changing its
// state.
var assignmentEffects = map[string]func(*work) error{
	"sign":              (*work).sign,
	"request_return":    func(w *work) error { return w.ask("return") },
	"grant_return":      (*work).grantReturn,
	"refuse_return":     func(w *work) error { return w.rule("return", "refused") },
	"contact":           (*work).contact,
	"request_extension": func(w *work) error { return w.ask("extension") },
	"grant_extension":   (*work).extend,
	"refuse_extension":  func(w *work) error { return w.rule("extension", "refused") },
	"draft":             (*work).compose,
	"sign_off":          (*work).signOff,
	"send_opinion":      (*work).sendOpinion,
	"recall":            (*work).reject,
	"reject":            (*work).reject,
	"check":             (*work).check,
	"cancel":            (*work).leave,
}
