// Package docs holds the documents that programs show: the dashboard makes its glossary from the one that people read here.
package docs

import _ "embed"

// Glossary is glossary.md.
//
//go:embed glossary.md
var Glossary string
