package daemon

// For tests in this folder.
var ListEvery = listEvery

const ListPatience = listPatience
