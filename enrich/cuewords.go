package enrich

import "slices"

// The words by which an article says what it is in the course of a story: a first
// report, one that goes on from it, an arrest, a trial, a release, a look back, a denial.
// What else must hold for them to count is in cue.go.

// The cues of a report: what its article is in the course of a story.
const (
	CueAgain    = "again"    // it says that this is another one: "a second bomb", "another shooting"
	CueLater    = "later"    // it goes on about one that is known: "the toll rose", "Monday's attack", funerals
	CueArrest   = "arrest"   // suspects were held
	CueCourt    = "court"    // charges, trials, sentences
	CueCharged  = "charged"  // … and not only a court, or its judge
	CueFreed    = "freed"    // people came free
	CueCleared  = "cleared"  // suspects did: on bail, without a charge
	CueMemory   = "memory"   // an anniversary, a look back
	CueAccident = "accident" // it was no attack: a gas leak, a fault
	CueHoax     = "hoax"     // nothing happened
	CueClaim    = "claim"    // somebody says that it was his deed
	CueNot      = "not "     // … a type: what happened was not of it, as had been said: "not bombing"
	CueNotIn    = "not in "  // … a town, folded: it was not there, as had been said: "not in turbat"
	CueTaken    = "taken"    // it is of people who were taken before: "two kidnapped engineers", "a ransom"
	CueApart    = "apart"    // it says that it has nothing to do with another one
	CueDoubt    = "doubt"    // it may have been an accident
	CueMeant    = "meant"    // it was done on purpose
	CueEntry    = "entry"    // it is an entry of its own in a round-up or a live blog
	CueJoint    = "joint"    // its headline or first sentence sums several incidents up
)

// cueWords are what gives a cue, as whole words of the lead; a word that ends in
// * begins others.
var cueWords = []struct {
	cue   string
	words []string
}{
	{CueLater, slices.Concat(rites, []string{"toll", "rises to", "rose to", "risen to", "climbs to", "climbed to", "climb*", "died of", "dies of", "dies from", "dies in hospital", "died in hospital", "has died", "succumb*", "repatriat*", "bodies were released", "released the bodies", "delivered to their families", "handed to their families", "handed over to their families", "given to their families", "survivor", "survivors", "aftermath",
		"condemn*", "investigat*", "probe", "inquiry", "identified", "victims named", "claimed responsibility", "claims responsibility", "claimed the", "claims", "grieve", "search for", "manhunt", "hunt for", "rescuers", "rubble", "update", "latest on", "what we know", "live"})},
	{CueArrest, arrests},
	{CueArrest + " by", []string{"were picked up", "was picked up", "been picked up", "police pick up", "police picked up", "picks up", "picked up by police", "handed over to police", "handed over to the police", "handed over to the army", "handed over to army", "handed over to the authorities", "handed over to the security*"}},
	{CueArrest + " of", []string{"captured", "captures", "seized in"}},
	{CueCourt, slices.Concat(charged, []string{"prosecutor", "prosecutors", "judge", "extradit*", "appeal"})},
	{CueCharged, charged},
	{CueFreed, freed},
	{CueFreed + " hope", []string{"release", "releases", "release of", "their freedom", "his freedom", "her freedom", "to freedom", "gain freedom", "gained freedom", "free"}},
	{CueCleared, []string{"granted bail", "grants bail", "gets bail", "get bail", "freed on bail", "released on bail", "let out on bail", "released on bond", "posts bail", "posted bail", "bailed", "released without charge", "freed without charge", "let go without charge", "charges dropped", "drops charges", "dropped charges", "dropped the charges", "charges dismissed", "dismissed the charges", "declines to charge", "declined to charge", "no evidence against"}},
	{CueMemory, []string{"anniversary", "years after", "year after", "years on", "year on", "years since", "years ago", "year ago", "remember*", "commemorat*", "memorial", "marks",
		// not "the decades-old conflict"
		"decade after", "decades after", "decade ago", "decades ago", "decade on", "decades on", "decade later", "decades later", "decade since", "decades since"}},
	{CueApart, []string{"no link to", "no link with", "no link between", "not linked to", "is linked for", "are linked for", "no connection", "not connected", "unrelated", "not related", "no proof that", "nothing to do with", "no sign of a link", "handled separately", "treated separately", "separate incident", "separate attack"}},
	{CueHoax, []string{"hoax", "hoaxes", "false alarm", "false report", "false reports", "prank", "swatting", "never happened", "fake threat*", "fake bomb*", "fake call*", "fake alert*", "fake alarm*", "fake attack*", "fake shooting*", "fake kidnapping*", "fake abduction*", "fake device*", "fake grenade*", "fake report*", "was fake", "were fake", "is fake", "fake news"}},
	{CueAccident, []string{"gas leak", "gas explosion", "gas blast", "leaking gas", "not an attack", "not a bomb*", "not terror*", "no foul play", "was an accident", "were accident*", "accidental", "accidentally", "ruled out terror*", "ruled out foul",
		"rule out terror*", "ruled out an attack", "ruled out sabotage", "not arson", "was no arson", "no sign of arson", "no signs of arson", "electrical fault", "short circuit", "faulty wiring", "wiring fault", "industrial accident", "medical episode", "controlled explosion", "controlled blast", "controlled detonation", "was fireworks", "were fireworks", "by fireworks", "were firecrackers", "was a firecracker", "by firecrackers"}},
	{CueMeant, []string{"deliberate", "deliberately", "on purpose", "intentional", "intentionally", "not an accident", "no accident", "no longer believe in an accident", "ruled out an accident", "rules out an accident", "rule out an accident"}},
	// What bursts by itself, and may have a bomb in it, or be hit by one.
	{CueAccident + " by", []string{"gas cylinder*", "gas canister*", "gas bottle*", "boiler", "transformer", "tyre burst"}},
	// Nor was it an attack where nobody tells of shots.
	{CueAccident + " without", []string{"no trace of explosives", "no traces of explosives", "no explosives were found"}},
	// There was none of these, but another one.
	{CueHoax + " but", []string{"no shooting", "no bomb", "no attack", "was false", "were false", "untrue", "not true", "unfounded", "baseless", "proved false", "turned out to be false", "no active shooter", "no gunman", "no shots were fired", "no shots had been fired", "was harmless", "were harmless", "to be harmless", "declared harmless", "not credible", "nothing suspicious was found", "no device was found", "no evidence of a shooting", "no evidence of gunfire", "part of a drill"}},
}

// rites are the words by which the dead are buried and mourned.
var rites = []string{"funeral", "funerals", "buried", "bury", "buries", "burial", "farewell", "takes leave of", "take leave of", "took leave of", "laid to rest", "last respects", "coffins", "mourn*", "vigil", "vigils", "condolence*", "grief"}

// mourning are those words, and more that are enough where the text takes its dead for known.
var mourning = slices.Concat(rites, []string{"lays its", "coffin", "grieve*"})

// arrests are the words by which somebody is held for it.
var arrests = []string{"arrest", "arrests", "arrested", "arresting", "detain", "detains", "detained", "detaining", "detention", "detentions", "in custody", "into custody", "under arrest", "suspect held", "suspects held", "held over", "held for questioning", "held on suspicion",
	"caught", "nab", "nabs", "nabbed", "apprehend*", "collared", "collars", "busted", "in the net", "in net", "in the nets", "in police net", "in cuffs", "cuffed", "handcuff*", "behind bars", "taken in by", "taken in for", "brought in for questioning", "hauled in", "booked into", "booked in", "booked on", "booked for", "booked with", "rounded up", "rounds up", "round up",
	"helping police with", "tracked down", "run to earth", "run to ground", "laid hands on", "smoked out", "garde à vue",
	"gave himself up", "gave herself up", "gave themselves up", "gives himself up", "gives herself up", "give themselves up", "turned himself in", "turned herself in", "turned themselves in", "turns himself in", "turns herself in", "handed himself in", "handed herself in", "handed themselves in", "hands himself in",
	"surrendered to", "surrenders to", "parade suspect*", "parades suspect*", "paraded suspect*", "paraded before", "parade two suspect*", "parade three suspect*"}

// rooms is how many of charged, its first ones, only say where.
const rooms = 4

// charged are the words by which somebody answers for it.
var charged = []string{"court", "tribunal", "magistrate*", "before magistrate*", "trial", "charged", "charges", "charge sheet*", "charge-sheet*", "chargesheet*", "sentenc*", "jailed", "jail term*", "convicted", "conviction*", "acquit*", "verdict", "guilty", "pleads not", "pleaded not", "enters plea", "indict*", "arraign*", "remand", "remands", "remanded",
	"court-martial*", "formal investigation", "mise en examen", "under investigation for", "judicial custody", "judicial remand", "judicial control", "judicial supervision", "police custody", "pre-trial", "pretrial", "preventive prison", "preventive detention", "provisional detention", "measure of restraint", "bound over", "binds over", "linked to process", "linked to trial",
	"prosecutors seek", "prosecutors ask", "prosecutors charge", "prosecution charges", "police charge", "formally charge*", "appeared before a judge", "appears before a judge", "appear before a judge", "was brought before a judge", "were brought before a judge", "faces judge", "faced a judge", "pleaded guilty", "plead guilty", "jury", "counts of", "raps", "in dock", "in the dock",
	"sent to prison", "sent to jail", "sends to prison", "behind bars for", "prison sentence*", "prison term*", "years in prison", "years in jail", "years behind bars", "life in prison", "life imprisonment", "death sentence*", "death penalty", "denied bail", "denied bond", "refused bail", "without bail", "without bond", "bail hearing", "bond hearing"}

// freed are the words by which captives come free.
var freed = []string{"freed", "frees", "freeing", "released", "let go", "lets go", "rescue", "rescues", "rescued", "regain*", "set free", "sets free", "liberated", "liberates", "walk free", "walks free", "walked free", "is free", "are free", "now free", "return home", "returns home", "returned home", "back home", "safely home", "came home", "come home", "comes home", "are home", "is home",
	"returned to his family", "returned to her family", "returned to their families", "returns to his family", "returns to her family", "return to their families", "back with", "reunited", "let out", "out of captivity", "left captivity", "ordeal ends", "ordeal over", "ordeal is over", "recovered unhurt", "recovered unharmed", "recovered safely", "recovered alive", "found alive", "safe and sound"}

// culprits are those who did it, or are thought to: of them a headline is whose first
// sentence says that they were held, or charged.
var culprits = []string{"suspect", "suspects", "accused", "defendant", "defendants", "alleged", "gunman", "shooter", "bomber", "bombers", "attacker", "attackers", "assailant", "assailants", "killer", "killers", "mastermind", "masterminds", "handler", "handlers", "ringleader", "ringleaders", "culprit", "culprits", "hostage-taker", "arsonist", "arsonists", "stabber", "facilitator*", "accomplice*", "kidnapper", "kidnappers", "abductors", "rioters", "assassin", "assassins", "hitman", "hitmen", "financier*", "recruiter*", "cell", "module"}

// planted are the words beside which a thing that might burst was used, or hit.
var planted = []string{"bomb", "bombs", "bomber*", "device", "devices", "explosives", "packed", "stuffed", "hidden", "rigged", "planted", "prepared", "assembled", "gunmen", "militants", "shell", "shells", "missile*", "rocket*", "drone*"}

// fired are the words of an attack that needs no explosives.
var fired = []string{"gunmen", "gunman", "gunfire", "shots", "shot", "fired", "grenade*", "drone*", "missile*", "arson", "petrol bomb*"}

// unsure are the words beside which a cause is only one of several.
var unsure = []string{"initially", "thought", "took", "sounded like", "looked like", "like a", "believed", "first thought", "at first", "earlier", "whether", "unclear", "possibl*", "may", "might", "could", "not ruled", "cannot rule", "rumour*", "rumor*", "or a", "deny", "denied", "rejected"}

// causes are words by which one of several causes is named.
var causes = []string{"assum*", "whether", "unclear", "apparent", "apparently", "possibl*", "may", "might", "could", "ruling nothing out", "not ruled out", "believed", "suspected", "or a", "or an"}

// doubts are, by cue, the words that take it out of a sentence: a cause that is one
// of several, a release that is only asked for.
var doubts = map[string][]string{
	CueLater:    {"toll plaza*", "toll gate*", "toll booth*", "toll road*", "toll tax"},
	CueAccident: unsure, CueHoax: unsure, CueAccident + " by": slices.Concat(unsure, planted),
	CueHoax + " but":   slices.Concat(unsure, []string{"killed", "shot", "shots", "gunfire", "gunmen", "fired", "wounded", "injured", "but", "grenade", "stabbed"}),
	CueFreed + " hope": {"plead*", "demand*", "call for", "calls for", "called for", "urge*", "seek*", "sought", "await*", "hope*", "for the release", "for their release", "for his release", "for her release", "appeal*", "unless", "negotiat*", "efforts", "still held", "still holding", "pray*", "want", "wants"},
	CueMeant:           {"whether", "unclear", "may", "might", "could", "possibl*", "if", "not known"},
	CueApart:           {"nothing to do with it", "nothing to do with this", "nothing to do with him", "nothing to do with them"}, // the suspects' word
	CueArrest + " by":  {"survivor*", "boat*", "ship*", "vessel*", "ambulance*", "wounded", "injured", "hospital*", "hostage*", "captive*", "kidnap*", "abduct*"},
	CueArrest:          {"no arrest", "no arrests", "no one has", "nobody has", "not been arrested", "yet to", "without arrest", "calls for", "avoid arrest", "escaped arrest"},
}

// tries tells whether a word is what courts and prosecutors do to somebody.
func tries(w string) bool {
	switch w {
	case "charged", "charges", "indicted", "indicts", "arraigned", "remanded", "remands", "tried", "convicted", "convicts", "acquitted", "acquits", "sentenced", "sentences", "jailed", "jails", "imprisoned":
		return true
	}
	return false
}

// seizes tells whether a word is what the police do to somebody.
func seizes(w string) bool {
	switch w {
	case "arrest", "arrests", "arrested", "detain", "detains", "detained", "nab", "nabs", "nabbed", "apprehended":
		return true
	}
	return false
}

// frees tells whether a word is what captors, or courts, do in the end.
func frees(w string) bool {
	switch w {
	case "freed", "frees", "released", "releases", "rescued", "let go", "lets go", "set free", "sets free":
		return true
	}
	return false
}
