package journey

// explanations say what the questions of commands mean, by the flag that answers one. Three lines of 60 columns are what a person reads.
var explanations = map[string]string{
	"--label": "The pool's short name, which members type: 3 to 32 of a-z,\n" +
		"0-9 and -. It can never change. Other pools may use the same\n" +
		"one, so the pool's id adds a hash of its terms.",
	"--company": "Your name, as members see it beside your PastelID. It can\n" +
		"never change. Write it in one alphabet.",
	"--operator": "Your identity as operator: it signs the pool's terms and its\n" +
		"activation, and carries your reputation. It must be\n" +
		"registered on the chain; this command can do that.",
	"--supernode": "The identity of the pool's Supernode, one for each pool. The\n" +
		"machine that runs the Supernode needs its key container, so\n" +
		"the node that creates it must be able to hand that over.",
	"--fee": "Your part of the rewards, in percent. Members share the\n" +
		"rest. It can never change for this pool.",
	"--factor": "The pool aims at the Supernode's collateral times this\n" +
		"factor. What is above the collateral is the cushion: members\n" +
		"can leave before the Supernode stops. 1.2 is 20 % more.",
	"--required": "What the Supernode needs, in PSL. Below it the pool earns\n" +
		"nothing. The network demands the usual amount; ask for more\n" +
		"only if you know why.",
	"--period": "For how many blocks the pool accepts pledges before you\n" +
		"activate it. If it is short of collateral later, it is\n" +
		"dissolved after the same number. A day has 576 blocks.",
	"--fee-address": "Where your fee is paid. It can never change for this pool,\n" +
		"so it must be an address that you keep.",
	"--pool": "The pool, by its number in the list, its id, or its label if\n" +
		"no other pool has the same one.",
	"--coins": "What you pledge, in whole PSL. One output of your wallet\n" +
		"must hold at least this much. It stays in your wallet; you\n" +
		"leave the pool by spending it.",
	"--output": "The coins that back the pledge. An address that pools do not\n" +
		"know keeps your payments apart. Whoever spends this output\n" +
		"ends the pledge.",
	"--pastelid": "Your identity as member: it signs the pledge and carries\n" +
		"your reputation. It must be registered on the chain; this\n" +
		"command can do that.",
	"--address": "The address that holds the coins you pledge. It stays yours,\n" +
		"signs one line, and its wallet must be able to do that.",
	"--reward": "Where your rewards are paid. You may freely spend what\n" +
		"another address than the pledged one receives. smartpool\n" +
		"amend changes it later.",
	"--masternode-conf": "The file from which the node with the wallet learns which\n" +
		"Supernodes it owns. It lies in the node's data folder,\n" +
		"beside .cookie.",
	"--alias": "The Supernode's name in masternode.conf. Only you see it.",
	"--host": "Where the network reaches the machine that runs the\n" +
		"Supernode: its public IP address, a colon, and the port of\n" +
		"its node. Nodes do not resolve names.",
	"--ext-address": "Where the machine's Supernode software listens, as IP:PORT.\n" +
		"Leave it out if the machine runs none.",
	"--ext-p2p": "Where that software talks to others of its kind, as IP:PORT.\n" +
		"Leave it out if the machine runs none.",
	"--key": "The encrypted file that smartpool id new or id import wrote.\n" +
		"Its passphrase is asked for next.",
	"--key-file": "A new file for the key, encrypted with a passphrase. Without\n" +
		"both, the PastelID is lost: keep copies.",
}
