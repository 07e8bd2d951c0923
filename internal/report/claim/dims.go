package claim

func (r *reading) dims(c *Claim, z *zone, s line, begin int) {}
