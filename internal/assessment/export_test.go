package assessment

// Draw is draw, for its test.
var Draw = draw
