package legroast

import (
	"bytes"
	"encoding/binary"
)

// A signature proves that the signer knows the secret number k of a public key. In each round the signer deals shares of k, of a random
// product a·b = c and of random numbers r to parties, and commits to all of them. Asked for 12 symbols, the signer opens r·(k + fixed),
// whose symbol is that of k + fixed combined with the committed one of r, and shows all parties but one.
// Challenges are hashes of what went before:
//
//	32      hash of commitments to the parties' seeds and of the symbols of r
//	37·16   what to add to the first party's share of k
//	37·16   the same for c
//	444·16  r·(k + fixed), 12 per round
//	32      hash of the parties' openings
//	37·16   alpha = epsilon·k + a
//	37·16   beta = sum of lambda·r, plus b
//	37·6·16 seeds from which those of all parties but one follow
//	37·32   commitment to the seed of that one

// share is what a party holds in a round.
type share struct {
	k, a, b, c element
	r          [perRound]element
}

func deal(seed []byte) *share {
	const elements = 4 + perRound
	b := expand(seed, elements*elementSize)
	next := func() element {
		e := readElement(b)
		b = b[elementSize:]
		return e
	}
	s := &share{k: next(), a: next(), b: next(), c: next()}
	for i := range s.r {
		s.r[i] = next()
	}
	return s
}

func (s *share) add(o *share) {
	s.k, s.a, s.b, s.c = s.k.plus(o.k), s.a.plus(o.a), s.b.plus(o.b), s.c.plus(o.c)
	for i := range s.r {
		s.r[i] = s.r[i].plus(o.r[i])
	}
}

// seedTree holds a round's seeds: each makes the two below it, and the last row is the parties'. Unknown seeds are nil.
type seedTree [2*parties - 1][]byte

func (t *seedTree) fill() {
	for i := range parties - 1 {
		if t[i] != nil {
			both := expand(t[i], 2*seedSize)
			t[2*i+1], t[2*i+2] = both[:seedSize:seedSize], both[seedSize:]
		}
	}
}

func (t *seedTree) party(i int) []byte { return t[parties-1+i] }

// siblings returns the places beside the path from a party to the root, the highest first: their seeds make those of all other parties.
func siblings(party int) (places [depth]int) {
	at := parties - 1 + party
	for d := depth - 1; d >= 0; d-- {
		places[d] = at + 1
		if at%2 == 0 {
			places[d] = at - 1
		}
		at = (at - 1) / 2
	}
	return places
}

// opening is a party's part of what the signer reveals about a round.
type opening struct{ alpha, beta, v element }

func (o *opening) add(p *opening) {
	o.alpha, o.beta, o.v = o.alpha.plus(p.alpha), o.beta.plus(p.beta), o.v.plus(p.v)
}

// round is what both signer and verifier know about a round when the parties open.
type round struct {
	asked       [perRound]element // fixed numbers of the symbols asked for
	outputs     [perRound]element // r·(k + fixed)
	epsilon     element
	lambda      [perRound]element
	alpha, beta element
}

// open returns a party's opening. The first party adds what all know. If the signer is honest, all parties' parts of v add up to 0.
func (rd *round) open(s *share, first bool) opening {
	var z element
	o := opening{rd.epsilon.times(s.k).plus(s.a), s.b, s.c}
	for j := range rd.lambda {
		weighed := s.r[j].times(rd.lambda[j])
		o.beta = o.beta.plus(weighed)
		z = z.plus(weighed.negative().times(rd.asked[j]))
		if first {
			z = z.plus(rd.lambda[j].times(rd.outputs[j]))
		}
	}
	if first {
		o.v = o.v.plus(rd.alpha.times(rd.beta))
	}
	o.v = o.v.negative().plus(rd.alpha.times(s.b)).plus(rd.beta.times(s.a)).plus(rd.epsilon.times(z))
	return o
}

// transcript is the hash of all messages so far.
type transcript []byte

func begin(message []byte) transcript { return hash(message) }

func (t transcript) next(message []byte) transcript { return hash(t, hash(message)) }

// ask returns which symbols each round must prove.
func (t transcript) ask() (places [rounds][perRound]uint32) {
	b := expand(t, rounds*perRound*4)
	for i := range rounds * perRound {
		places[i/perRound][i%perRound] = binary.LittleEndian.Uint32(b[4*i:]) % symbols
	}
	return places
}

// weigh sets epsilon and lambda of each round.
func (t transcript) weigh(rds *[rounds]round) {
	b := expand(t, rounds*(1+perRound)*elementSize)
	for n := range rds {
		rds[n].epsilon = readElement(b[n*elementSize:])
		for j := range perRound {
			rds[n].lambda[j] = readElement(b[(rounds+n*perRound+j)*elementSize:])
		}
	}
}

// hide returns which party of each round stays closed.
func (t transcript) hide() (closed [rounds]int) {
	b := expand(t, rounds*4)
	for n := range closed {
		closed[n] = int(binary.LittleEndian.Uint32(b[4*n:]) % parties)
	}
	return closed
}

// commitments are those of the parties of all rounds, and the symbols of r.
type commitments struct{ seeds, symbols []byte }

func (c *commitments) hash() []byte { return hash(c.seeds, c.symbols) }

// Seeds are the random bytes of a signature. Use them only once: two signatures with the same seeds reveal the secret.
type Seeds [rounds][seedSize]byte

// Sign signs a message with a secret and fresh random seeds.
func Sign(secret [SecretSize]byte, message []byte, seeds *Seeds) []byte {
	k := number(secret)
	var trees [rounds]seedTree
	var sums [rounds]share
	var shares [rounds][parties]*share
	var c commitments
	var addK, addC []byte
	for n := range trees {
		trees[n][0] = seeds[n][:]
		trees[n].fill()
		for i := range parties {
			c.seeds = append(c.seeds, hash(trees[n].party(i))...)
			shares[n][i] = deal(trees[n].party(i))
			sums[n].add(shares[n][i])
		}
		for _, r := range sums[n].r {
			c.symbols = append(c.symbols, r.symbol())
		}
		first, more := shares[n][0], share{k: k.plus(sums[n].k.negative()), c: sums[n].a.times(sums[n].b).plus(sums[n].c.negative())}
		first.add(&more)
		sums[n].add(&more)
		addK, addC = more.k.append(addK), more.c.append(addC)
	}
	committed := append(append(c.hash(), addK...), addC...)
	t := begin(message).next(committed)

	var rds [rounds]round
	var outputs []byte
	for n, places := range t.ask() {
		for j, place := range places {
			rds[n].asked[j] = fixed(place)
			rds[n].outputs[j] = rds[n].asked[j].plus(k).times(sums[n].r[j])
			outputs = rds[n].outputs[j].append(outputs)
		}
	}
	t = t.next(outputs)
	t.weigh(&rds)

	var alphas, betas, opened []byte
	for n := range rds {
		all := rds[n].open(&sums[n], false)
		rds[n].alpha, rds[n].beta = all.alpha, all.beta
		alphas, betas = all.alpha.append(alphas), all.beta.append(betas)
		for i, s := range shares[n] {
			opened = rds[n].open(s, i == 0).append(opened)
		}
	}
	shown := append(append(hash(opened), alphas...), betas...)
	t = t.next(shown)

	var released, hidden []byte
	for n, closed := range t.hide() {
		for _, place := range siblings(closed) {
			released = append(released, trees[n][place]...)
		}
		hidden = append(hidden, hash(trees[n].party(closed))...)
	}
	return bytes.Join([][]byte{committed, outputs, shown, released, hidden}, nil)
}

func (o opening) append(b []byte) []byte { return o.v.append(o.beta.append(o.alpha.append(b))) }

// Verify reports whether a signature of a message is valid for a key.
func Verify(key *PublicKey, message, signature []byte) bool {
	if len(signature) != SignatureSize {
		return false
	}
	rest := signature
	take := func(size int) []byte {
		b := rest[:size]
		rest = rest[size:]
		return b
	}
	committed, outputs, shown := take(commitSize), take(outputSize), take(openSize)
	released, hidden := take(rounds*depth*seedSize), rest
	asking := begin(message).next(committed)
	weighing := asking.next(outputs)
	closed := weighing.next(shown).hide()

	var rds [rounds]round
	weighing.weigh(&rds)
	var c commitments
	var opened []byte
	for n, places := range asking.ask() {
		rd := &rds[n]
		for j, place := range places {
			rd.asked[j] = fixed(place)
			rd.outputs[j] = readElement(outputs[(n*perRound+j)*elementSize:])
			c.symbols = append(c.symbols, rd.outputs[j].symbol()^key.symbol(place))
		}
		rd.alpha, rd.beta = readElement(shown[hashSize+n*elementSize:]), readElement(shown[hashSize+(rounds+n)*elementSize:])
		var tree seedTree
		for d, place := range siblings(closed[n]) {
			tree[place] = released[(n*depth+d)*seedSize:][:seedSize]
		}
		tree.fill()
		more := share{k: readElement(committed[hashSize+n*elementSize:]), c: readElement(committed[hashSize+(rounds+n)*elementSize:])}
		var opens [parties]opening
		var sum opening
		for i := range opens {
			if i == closed[n] {
				c.seeds = append(c.seeds, hidden[n*hashSize:][:hashSize]...)
				continue
			}
			c.seeds = append(c.seeds, hash(tree.party(i))...)
			s := deal(tree.party(i))
			if i == 0 {
				s.add(&more)
			}
			opens[i] = rd.open(s, i == 0)
			sum.add(&opens[i])
		}
		opens[closed[n]] = opening{rd.alpha.plus(sum.alpha.negative()), rd.beta.plus(sum.beta.negative()), sum.v.negative()}
		for i := range opens {
			opened = opens[i].append(opened)
		}
	}
	return bytes.Equal(c.hash(), committed[:hashSize]) && bytes.Equal(hash(opened), shown[:hashSize])
}
