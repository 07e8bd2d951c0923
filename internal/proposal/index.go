package proposal

func (w *work) index() error { return nil }
