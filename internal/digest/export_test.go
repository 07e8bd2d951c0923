package digest

// CheckGuards reports guards that are named and missing, or never named.
func CheckGuards() error { return guards.Check(Flow) }
