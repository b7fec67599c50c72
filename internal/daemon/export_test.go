package daemon

// For the tests of this folder.
var ListEvery = listEvery

const ListPatience = listPatience
