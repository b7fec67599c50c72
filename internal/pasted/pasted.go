// Package pasted cleans what people copy from mails, web pages, terminals and files. It removes what no value has: space around and within ids,
// marks of the byte order, quotes copied along, a comma or full stop behind. It never changes what is signed, such as a name or a message, and
// it refuses, in words, what it would have to guess.
package pasted

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// unseen reports whether a character is space, or leaves no mark.
func unseen(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zs, r) || r < ' ' || r == 0x7f
}

// quotes come in pairs around what people copy.
var quotes = map[rune]string{
	'"': `"`, '\'': `'`, '`': "`'", '“': "”“", '„': "“”", '‘': "’‘", '‚': "‘’", '«': "»", '»': "«", '‹': "›", '<': ">",
}

// Text removes space and marks around a value, and the quotes that it stands in.
func Text(s string) string {
	for {
		s = strings.TrimFunc(s, unseen)
		first := []rune(s)
		if len(first) < 2 {
			return s
		}
		last := string(first[len(first)-1])
		if ends, ok := quotes[first[0]]; !ok || !strings.Contains(ends, last) {
			return s
		}
		s = string(first[1 : len(first)-1])
	}
}

// ID cleans an id, an address or a signature: none has space within, as mails and terminals break lines, or punctuation behind it. Its case
// stays as it is.
func ID(s string) string {
	s = Text(s)
	for {
		cut := Text(strings.TrimRight(s, ",;."))
		if cut == s {
			break
		}
		s = cut
	}
	return strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, s)
}

// Hex cleans an id whose case does not matter: hex, or the id or label of a pool.
func Hex(s string) string { return strings.ToLower(ID(s)) }

// Hyphens that word processors put in place of the plain one.
var hyphens = strings.NewReplacer("‐", "-", "‑", "-", "‒", "-", "–", "-", "−", "-")

// Pool cleans a pool's id or label, which has lower-case letters only.
func Pool(s string) string { return hyphens.Replace(Hex(s)) }

// Participant cleans PASTELID,ADDRESS.
func Participant(s string) string {
	id, address, found := strings.Cut(ID(s), ",")
	if !found {
		return ID(s)
	}
	return ID(id) + "," + ID(address)
}

var (
	digits  = regexp.MustCompile(`^[+-]?[0-9]+$`)
	grouped = regexp.MustCompile(`^[+-]?[0-9]{1,3}([,'’_ ][0-9]{3})+$`)
	unclear = regexp.MustCompile(`^[+-]?[0-9]{1,3}(\.[0-9]{3})+$`)
	unit    = regexp.MustCompile(`(?i)\s*(psl|blocks?)$`)
)

// Integer reads a whole number, in decimal, with the unit and the separators of thousands that people write: 10,000 PSL. It refuses 10.000, which
// is ten in some countries and ten thousand in others.
func Integer(s string) (int64, error) {
	text := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, Text(s))
	text = Text(unit.ReplaceAllString(text, ""))
	switch {
	case grouped.MatchString(text):
		text = strings.Map(func(r rune) rune {
			if strings.ContainsRune(",'’_ ", r) {
				return -1
			}
			return r
		}, text)
	case unclear.MatchString(text):
		return 0, fmt.Errorf("%.40q may be a thousand times more or less: write it without a separator", s)
	case !digits.MatchString(text):
		return 0, fmt.Errorf("%.40q is not a whole number, such as 10000", s)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q is too large a number", s)
	}
	return n, nil
}

// Decimal cleans a number with decimals and, perhaps, a sign of percent. It refuses a decimal comma.
func Decimal(s string) (string, error) {
	text := Text(strings.TrimSuffix(Text(s), "%"))
	if strings.Contains(text, ",") {
		return "", fmt.Errorf("%.40q has a comma: write decimals with a point, such as 1.2", s)
	}
	return text, nil
}

// File cleans the text of a file: it removes the mark at its start, reads UTF-16 if the mark says so, as files of Windows PowerShell do, and makes
// line ends one character.
func File(text []byte) []byte {
	text = unmarked(text)
	return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
}

func unmarked(text []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return text[3:]
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return text
	}
	var units []uint16
	for text = text[2:]; len(text) > 1; text = text[2:] {
		units = append(units, order.Uint16(text))
	}
	return []byte(string(utf16.Decode(units)))
}
