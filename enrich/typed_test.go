package enrich

import "testing"

// What an incident was follows from who did what to whom.
func TestTypes(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, title, text, want string }{
		{"gunmen shoot", "", "Gunmen shot dead three shopkeepers in Quetta on Monday.", "shooting"},
		{"means not told", "", "Gunmen attacked a convoy near Diffa on Monday, killing four drivers.", "armed_attack"},
		{"both sides fire", "", "Soldiers and militants exchanged fire for two hours near Kulgam on Monday; five militants were shot dead.", "clash"},
		{"a raid by the state", "Police raid leaves six dead", "Police shot six suspects dead in a raid on a hideout in Manila on Monday.", "security_operation"},
		{"a raid by gunmen", "", "Gunmen killed six farmers in a raid on a village in Benue on Monday.", "armed_attack"},
		{"fire on a crowd", "", "Police opened fire on protesters in Conakry on Monday, killing two demonstrators.", "crackdown"},
		{"fire and clashes", "", "Police fired on demonstrators and clashed with them in Conakry on Monday, using tear gas; two protesters were shot dead.", "crackdown"},
		{"taken, with one killed", "", "Gunmen abducted nine pupils from a school in Kaduna on Monday and shot dead a guard.", "kidnapping"},
		{"killed, with one taken", "", "Gunmen shot dead nine guards at a mine in Kaduna on Monday and abducted a foreman.", "shooting"},
		{"homes burnt by killers", "", "Raiders shot dead 12 villagers in Jonglei on Monday and set fire to dozens of homes.", "shooting"},
		{"what was hit burns", "", "Drones hit a fuel depot near Tula on Monday and set fire to two tanks.", "drone_strike"},
		{"a bomb from the air", "", "A fighter jet dropped two bombs on a village in Sagaing on Monday, killing eight people.", "airstrike"},
		{"a bomb on the ground", "", "A bomb killed eight people at a bus stop in Kabul on Monday.", "bombing"},
		{"missiles, then drones", "", "Missiles struck a bakery in Sumy on Monday, killing six. Missiles also hit a farm. The army said it had shot down nine drones overnight.", "shelling"},
		{"weapons found", "", "Police seized 40 kg of explosives and nine assault rifles in a lorry near Van on Monday and arrested the driver.", "seizure"},
		{"weapons found where people were killed", "Toll of prison violence rises to 13", "A day of violence at a prison in Quito left 13 inmates dead on Monday. Rifles, grenades and a drone were found, the minister said.", "armed_attack"},
		{"bodies with wounds", "Six bodies found near Jerez", "Six bodies with gunshot wounds were found by a road near Jerez on Monday.", "bodies_found"},
		{"a crowd run over", "", "Two people were killed when a van hit a crowd at a bus stop in Leeds. The driver was arrested.", "vehicle_ramming"},
		{"a bottle of petrol", "", "A barber's shop in Perth was firebombed overnight.", "arson"},
		{"people led away", "", "Armed men led 12 villagers away near Kaya.", "kidnapping"},
		{"bodies brought to a hospital", "Seventeen bodies at Wabag hospital after ambush", "Gunmen ambushed a group of villagers near Wabag on Monday. Police have counted 17 bodies at the hospital.", "armed_attack"},
		{"bodies found, and brought to a morgue", "Six bodies found near Jerez", "Six bodies were found by a road near Jerez on Monday and taken to the morgue.", "bodies_found"},
		{"a ship taken", "", "Armed men boarded and seized a chemical tanker in the Gulf of Aden on Monday.", "hijacking"},
		{"no shots", "", "Ten fishermen were kidnapped off Sabah on Monday. No shots fired, police said.", "kidnapping"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", tt.title, tt.text, "2024-05-07")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			if len(reps) == 0 || reps[0].Type != tt.want {
				t.Errorf("%q: want %s\n%s", tt.text, tt.want, brief(reps))
			}
		})
	}
}
