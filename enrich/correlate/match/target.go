package match

import "strings"

// target is a set of the kinds of people and places that incidents hit, by bit: what
// outlets agree on though one writes of worshippers and another of a mosque.
type target uint32

// targets are the words for each kind.
var targets = []string{
	`mosque mosques imambargah imam muezzin worshipper worshippers worship church churches cathedral priest pastor parishioner parishioners congregation congregant synagogue rabbi temple shrine pilgrim pilgrims monastery nun nuns mass sermon prayer prayers gurdwara`,
	`school schools pupil pupils student students teacher teachers classroom university college campus seminary madrasa dormitory headmaster kindergarten schoolgirl schoolgirls schoolchildren lecturer academy`,
	`market markets bazaar souk mandi shopper shoppers trader traders vendor vendors stall stalls shop shops mall supermarket stallholder merchant merchants`,
	`bus buses coach passenger passengers commuter commuters train trains railway station metro platform minibus driver drivers tram`,
	`soldier soldiers troops army camp barracks garrison cantonment base military conscript conscripts jawan jawans commandos marines recruits checkpost outpost patrol gendarmes ranger rangers paramilitary`,
	`police policeman policemen policewoman constable constables officer officers sheriff trooper precinct`,
	`hospital clinic doctor doctors nurse nurses patient patients ambulance paramedic paramedics medic medics ward`,
	`hotel restaurant cafe café bar nightclub club diner diners guest guests waiter pub tavern teahouse tea`,
	`miner miners mine mining gold oil rig refinery pipeline engineers technicians workers contractor contractors plant factory drillers`,
	`journalist journalists reporter reporters cameraman broadcaster newspaper editor correspondent`,
	`candidate mayor minister senator lawmaker mp councillor governor commander general colonel judge prosecutor chief politician diplomat ambassador envoy party election campaign rally`,
	`wedding bride groom funeral mourners party festival concert carnival procession parade celebration`,
	`prison jail inmate inmates prisoners guards warden penitentiary cell`,
	`ship vessel tanker crew sailors seafarers bulker trawler fishermen boat captain dhow`,
	`village villagers farmer farmers herders hamlet community communities homestead farmland`,
	`protester protesters demonstrators demonstration protest march marchers rally crowd`,
	`convoy truck trucks lorry lorries vehicle highway road motorists travellers`,
	`apartment block flats residents building high-rise house homes tower residential`,
	`aid humanitarian ngo agency relief charity peacekeepers un`,
	`airport plane airline flight terminal aircraft runway`,
	`embassy consulate mission`,
	`tourist tourists holidaymakers hikers climbers beach resort`,
	`refugee refugees displaced migrants camp tents shelter`,
}

var targetOf = func() map[string]target {
	m := map[string]target{}
	for i, list := range targets {
		for w := range strings.FieldsSeq(list) {
			m[w] |= 1 << i
			m[stemmed(w)] |= 1 << i
		}
	}
	return m
}()

// stemmed is a word without its plural, as terms are.
func stemmed(w string) string {
	if len(w) > 4 && w[len(w)-1] == 's' && w[len(w)-2] != 's' && w[len(w)-2] != 'u' && w[len(w)-2] != 'i' {
		return w[:len(w)-1]
	}
	return w
}

// siteTargets are the kinds of places that the tagger names.
var siteTargets = map[string]string{"worship": "mosque", "school": "school", "market": "market", "station": "station", "base": "base", "hospital": "hospital", "hotel": "hotel", "restaurant": "restaurant", "prison": "prison",
	"airport": "airport", "embassy": "embassy", "camp": "refugees", "police_station": "police", "checkpoint": "police"}
