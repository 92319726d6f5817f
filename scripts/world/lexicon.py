# SPDX-License-Identifier: Apache-2.0
"""Word lists of the shop: people, products, places and the small words around them.

Names that are also everyday words (Rose, Mark, Braun, Lang) are left out, so that a name in a text is always a name.
A product line reads: English | plural | German | gender | German plural | category | flags | parts.
Flags: c comes in colours, s comes in sizes, r can be repaired. A part reads: English:German:gender.
"""


def words(text):
    """Split at spaces and line ends."""
    return text.split()


def entries(text):
    """Split at commas; entries may span several words."""
    return [" ".join(entry.split()) for entry in text.split(",")]


def pairs(text):
    """Read English:German, separated by commas."""
    return dict(entry.split(":") for entry in entries(text))


FEMALE = words("""
Abigail Adele Adriana Agnes Aisha Alba Alessia Alexandra Alice Alicja Alina Alison Alma Amanda Amara Amelia Amelie
Amina Anahita Anastasia Andrea Angela Anita Anja Anke Ann Anna Annabel Annegret Anneke Annika Anouk Antonia Apolline
Ariane Arlene Asha Asta Astrid Audrey Aurelia Ayla Aylin Azadeh Barbara Beate Beatrice Beatriz Berit Bethany Bettina
Bianca Bianka Birgit Birte Bozena Brenda Bridget Brigitte Britta Camilla Camille Carina Carla Carmen Carolina Caroline
Cassandra Catalina Catherine Catriona Cecilia Celia Celine Charlotte Chiara Chiyo Christa Christine Claire Clara
Clarissa Claudia Clemence Colette Concetta Constance Cordula Corinna Cornelia Costanza Dagmar Dagny Dalia Daniela
Danuta Daphne Deborah Deirdre Delphine Denise Despina Diana Dilara Dilek Donatella Dorota Dorothea Ebba Edda Edith
Eileen Elaine Eleanor Elena Elif Elisabeth Elke Ella Ellen Elodie Eloise Elsa Elzbieta Emily Emine Emma Emmanuelle
Erika Esra Estelle Esther Estrella Eugenia Eulalia Eva Evelyn Fabienne Fatima Federica Felicitas Fenja Filippa Fiona
Flavia Florence Francesca Franziska Frauke Freya Frieda Gabriele Gaia Genevieve Georgina Gerda Ghislaine Gillian
Giovanna Gisela Giulia Gloria Grazyna Greetje Greta Gudrun Gwendolyn Hadewych Halina Hanna Hannelore Harriet Haruka
Hatice Hedwig Heidi Heike Helen Helena Helga Henrike Hermine Hilary Hilda Hiltrud Hortense Ilaria Ildiko Ilse Imogen
Ines Inessa Inge Ingeborg Ingrid Irene Irina Irmgard Isabel Isla Isolde Ivana Iwona Jacqueline Jadwiga Jana Janet
Janina Jasmin Jeanette Jelena Jennifer Jessica Joanna Johanna Jolanta Jorunn Josephine Joyce Judith Julia Juliane
Justyna Kalina Kamala Karima Karin Karla Karolina Katarzyna Katharina Kathleen Katja Kavita Keiko Kerstin Khadija Kinga
Kirsten Klara Krystyna Lakshmi Lara Larissa Laura Laurentia Lea Leila Lena Leonie Leticia Lieselotte Liliana Lina Linda
Lioba Lisa Ljudmila Lorena Louisa Lucia Lucrezia Ludmila Luise Luzia Lydia Lynn Madeleine Magdalena Maja Malgorzata
Manon Manuela Mara Marcela Maren Margaret Margherita Margit Maria Mariam Marianne Maribel Marie Marina Marion Marit
Marlene Marlies Marta Martha Martina Mathilda Matilda Maureen Maxine Mechthild Meera Megan Meike Melanie Melissa
Mercedes Merle Mia Michaela Milena Mireille Miriam Mirjam Moira Monika Morwenna Muriel Nadine Nadja Naomi Nasrin
Natalie Natascha Nayla Neeltje Nele Nicola Nicoletta Nina Noemi Nora Norma Oceane Octavia Odette Oksana Olga Olivia
Ornella Ottilie Paloma Pamela Paola Parvati Patricia Paula Pauline Perrine Petra Petronella Philippa Phoebe Phyllis
Pilar Priya Rachel Radha Rahel Raissa Ramona Rania Raquel Rebecca Regina Regula Renate Rhiannon Ricarda Rita Roberta
Romy Rosalind Rosanna Rosemarie Rosina Roswitha Roxana Rukmini Ruth Sabine Sabrina Sakura Salome Samantha Sandra
Saoirse Sarah Saskia Selma Serafina Shabnam Sheila Shirin Sibylle Signe Sigrid Silke Silvia Simona Simone Siobhan Sofia
Solveig Sonja Sophie Soraya Stefanie Stella Sunita Sunniva Susanne Svenja Svetlana Swantje Sybil Tabea Tamara Tamsin
Tanja Tatiana Tatjana Teresa Thea Thekla Theresa Tiina Tilda Tina Tomasina Traudl Ulla Ulrike Ursina Ursula Uta
Valentina Valerie Valeska Vanessa Vera Verena Veronika Victoria Viola Violetta Vittoria Vivian Walburga Waltraud Wanda
Wiebke Wilhelmina Winifred Xenia Ximena Yasemin Yasmin Yolanda Ysolde Yuki Yvonne Zara Zeynep Zoe Zofia Zuzana
""")

MALE = words("""
Aaron Abdul Achim Adalbert Adam Adnan Adrian Agustin Ahmed Aidan Ajay Akira Alain Alan Alarich Alastair Albert Aldo
Alejandro Alessandro Alexander Alfonso Alfred Alistair Alois Amadeus Ambrose Amir Anders Andreas Andrew Andrzej Angus
Anil Anselm Anthony Antoine Anton Antonio Archibald Armin Arne Arnold Aron Arthur Arvid Ashok Augusto Aurelio Axel
Balthasar Baptiste Barnaby Barry Bartholomew Bartosz Basil Bastian Benedikt Benjamin Bennet Bernard Bernd Berthold
Bertram Bjarne Bjorn Bogdan Boleslaw Boris Brendan Brian Bruno Burak Callum Carl Carlos Carsten Casimir Caspar Cedric
Cem Cengiz Cesare Charles Christian Christof Christopher Claudio Claus Clemens Clive Colin Conrad Constantin Cornelius
Corrado Cosimo Craig Curtis Cyril Czeslaw Damian Damon Daniel Dariusz Darren David Deniz Dennis Derek Desmond Detlef
Devendra Diego Dieter Dietmar Dimitri Dirk Domenico Dominik Donald Dorian Douglas Dragan Duncan Eamon Eberhard Eckhard
Edgar Edmond Edmund Eduardo Edward Edwin Egon Elias Elliot Emanuel Emil Emilio Emre Enno Enrico Enrique Erhard Eric
Erkan Ernst Erwin Esteban Etienne Eugen Ewald Fabian Fabio Falk Farid Federico Felipe Felix Ferdinand Fergus Fernando
Fiete Filippo Finlay Florian Francesco Franciszek Frank Frederick Fridolin Friedrich Fritjof Fyodor Gabriel Gareth
Gaspard Gennaro Geoffrey Georg George Gerald Gerard Gerhard Gerrit Giacomo Gianni Gilbert Giles Giorgio Giovanni
Giuseppe Godfrey Goran Gordon Gottfried Graham Gregor Gregory Grzegorz Guido Guillaume Gunnar Gunther Gustav Hakan
Hannes Harald Harold Hartmut Haruto Hasan Hassan Hector Heiko Heimo Heinrich Heinz Helge Helmut Hendrik Henning Henrik
Henry Herbert Hermann Hilmar Hinnerk Hiroshi Holger Horatio Horst Howard Hubert Hugh Hugo Humphrey Ian Ibrahim Ignacio
Igor Ilja Imran Ingmar Ingo Isaac Ismail Itzhak Ivan Ivo Jacek Jacques Jakob James Jan Jannik Jarek Jaroslav Jasper
Javier Jens Jeremy Jerome Jerzy Jesper Joachim Joaquin Jochen Johannes Jonas Jonathan Jorge Joseph Joshua Josip Juan
Julian Julius Juri Justus Kai Kamil Karim Karl Karsten Kasimir Kaspar Keanu Keith Kenji Kenneth Kevin Kilian Killian
Kjell Klaus Knut Konrad Krzysztof Kunibert Kurt Lachlan Lars Laszlo Laurence Laurent Leander Leif Lennart Leo Leonard
Leopold Levin Lewis Linus Lorenz Lorenzo Lothar Louis Lubomir Luca Luciano Lucien Ludger Ludwig Luis Lukas Luke Maarten
Maciej Magnus Maksym Malcolm Malte Manfred Manuel Marcel Marcello Marco Marek Mario Marius Markus Marvin Mathias Matteo
Matthieu Maurice Maxim Maximilian Mehmet Michael Milan Mirko Miroslav Mohammed Moritz Murat Mustafa Nabil Nathan Neil
Nicholas Nicolas Nigel Niklas Nikolai Nils Norbert Norman Odin Olaf Ole Oliver Olivier Omar Orlando Oscar Oswald Otto
Ottokar Owen Pablo Paolo Pascal Patrick Paul Pavel Pedro Percy Peter Philipp Philippe Pierre Pietro Piotr Quentin Radek
Rafael Rainer Rajesh Ralf Ralph Ramon Raoul Raphael Rashid Rasmus Raymond Reginald Reinhard Reinhold Remigius Renato
Ricardo Richard Robert Roberto Rocco Roderick Rodrigo Roger Roland Rolf Roman Romeo Ronald Rory Rostislav Ruben Rudolf
Ruediger Rufus Rupert Ryan Salvatore Samir Samuel Sandro Sanjay Santiago Sascha Scott Sebastian Selim Serge Sergej
Severin Siegfried Sigmund Silvan Simon Slawomir Soren Stanislaw Stefan Stellan Stephen Stuart Suresh Sven
Sylvester Tadeusz Takeshi Tancred Tarek Tariq Teodor Thaddeus Theo Theodor Thierry Thilo Thomas Thorsten Tim Timothy
Timur Tiziano Tobias Tom Tomasz Torben Torsten Tristan Udo Ulf Ulrich Umberto Urban Uwe Vaclav Valentin Valerio Vasil
Veit Victor Vikram Viktor Vincent Vincenzo Vitus Vladimir Volker Waldemar Walter Warren Wenzel Werner Wieland Wilfried
Wilhelm Willem William Winfried Wojciech Wolfgang Xaver Yannick Yusuf Yves Zachary Zbigniew Zoltan
""")

SURNAMES = words("""
Abbott Ackermann Ahrens Albrecht Aldridge Allen Althaus Amberg Anderson Appleby Arendt Ashcroft Atkinson Aumann
Bachmann Bailey Baines Barlow Barnett Bartels Barton Bauer Baumann Bayer Beckett Behrens Bennett Benson Berger Bergmann
Bertelsen Bischoff Blackwood Blanchard Blyth Boateng Bogner Bollmann Borchert Bradford Bradley Brandt Brennan Brewster
Briggs Brinkmann Brockmann Bruckner Bryant Buchholz Burgess Burkhardt Burton Butler Caldwell Callahan Cameron Campbell
Cardew Carlisle Carmichael Carter Cartwright Chandler Chapman Chaudhry Claasen Clarke Clayton Clifford Coleman Collins
Conway Cooper Corbett Crawford Crosby Cunningham Dalton Danvers Davenport Davies Dawson Degenhardt Denham Dietrich
Dixon Dobson Donovan Doyle Drechsler Drescher Duffy Dunbar Dyson Ebert Eckert Edelmann Edwards Eggers Ehlers Eichhorn
Elliott Ellis Emerson Engelhardt Erdmann Erikson Evans Everett Falkner Farrell Fechner Fellows Felton Fenwick Ferguson
Fiedler Finnegan Fischer Fitzgerald Fleming Fletcher Foerster Forsyth Franke Fraser Freitas Freudenberg Friedmann
Gallagher Gardiner Garrett Gebhardt Geiger Gerlach Gibson Giesecke Gilmore Glover Goddard Goodwin Graf Grainger
Greenwood Gregson Griffiths Grimshaw Grossmann Gruber Gupta Haas Haddad Hagemann Hallam Hamilton Hammond Hancock
Hansen Hardwick Hargreaves Harper Harrison Hartley Hartmann Hastings Hauser Hawkins Hayward Heinemann Heller Henderson
Hennings Herzog Hewitt Hickman Hildebrand Hinrichs Hobson Hoffmann Holbrook Holloway Holzer Horvath Houghton Hubbard
Hudson Huber Hughes Humboldt Hussain Hutchinson Ibsen Ingham Irving Iversen Jackson Jacobs Jaeger Jahnke Janssen Jarvis
Jenkins Jensen Jessop Johansson Johnson Jordan Kaiser Kaminski Kapoor Karlsson Kaufmann Kaya Kellogg Kendall
Kessler Khalil Kirchner Kirkwood Klinger Knight Koehler Koslowski Kowalski Kramer Krause Kruse Kumar Kunze Lambert
Lancaster Langley Larsen Lawson Lehmann Leighton Lennox Lindberg Lindner Linton Lockwood Loewe Lohmann Lomax Ludlow
Lundqvist Luther MacBride MacDonald Maddox Mahler Maitland Mallory Marquardt Marsden Matheson Matthews Maxwell Mayer
McAllister McCarthy McGregor McKenzie Meier Meissner Mendoza Mercer Merritt Messner Metzger Middleton Mitchell Moeller
Montague Morgan Morrison Mortimer Muller Mulligan Murdoch Murphy Naumann Neumann Neville Newton Nicholson Niemann
Nolan Norris Nowak Oakley Obermeier Oppermann Osborne Ostermann Otieno Overbeck Palmgren Parkinson Parsons Patel
Patterson Paulsen Pemberton Penrose Peters Petersen Petrov Pfeiffer Phelps Pickering Pohlmann Pollock Popescu Porter
Powell Prescott Preston Pritchard Quandt Quigley Quinn Radcliffe Raabe Ramsey Rasmussen Rathbone Redfern Redmond
Reichelt Reinhardt Renshaw Reuter Reynolds Richards Richter Riedel Riordan Ritter Robinson Roche Rogers Rosenthal
Rothmann Rowland Rutherford Sanderson Sattler Saunders Schaefer Schenk Schiller Schlegel Schmidt Schneider Scholz
Schreiber Schroeder Schubert Schulz Schumacher Seidel Selby Seymour Shaw Sheldon Sheridan Siebert Silva Simmons Sinclair
Slater Sommerfeld Spencer Stafford Stanton Steiner Stevens Stewart Stokes Strauss Sullivan Sutherland Szymanski Talbot
Tanner Taylor Templeton Terhorst Thiele Thompson Thornton Tiedemann Timmermann Townsend Trautmann Trevelyan Tucker
Turnbull Turner Ullmann Underwood Vandenberg Vaughan Vetter Voigt Vollmer Wagner Wakefield Walker Wallace Walsh
Warburton Warwick Waterman Watkins Weber Wegner Weidmann Weiland Wendt Westphal Whitaker Whitmore Wiedemann Wilkinson
Willems Williams Wilson Winkler Winslow Winterbourne Wittmann Wolff Woodward Wright Wylie Yates Yilmaz Zander Zeller
Ziegler Zimmermann
""")

# Put together of parts, as most surnames of both countries are: copying names is learned from many, not from a few.
SURNAME_PARTS = (
    (
        words("""
        Ack Ald Ash Back Ban Barn Bex Birk Bos Brad Bram Brock Bux Cald Cas Chad Chet Clay Col Cran Crom Dag Den Dray
        Dun Eg El Fal Fen Fin Gat Gil Gos Had Hal Hard Hat Hes Hol Hux Ken Kil Lang Lin Lud Mal Mel Nor Oak Pem Pen
        Quen Rad Red Ros Rud Sel Shel Sher Stan Stav Sut Tad Thorn Til Tren Ul Wad Wal Wen Whit Win Wyn Yar
        """),
        words("bury by combe cott field ford ham hurst ley more shaw stead thorpe ton well wick worth"),
    ),
    (
        words("""
        Adel Alt Amels Blei Bruck Buch Dorn Eber Ehren Eichen Fahren Falken Fichten Grau Griess Hasel Heiden Hirsch
        Hohen Kalten Kirch Klein Krumm Lauter Linden Loh Mitter Moos Neu Nieder Ober Pfaffen Ratten Reichen Rosen
        Schoen Schwarz Sonnen Stein Tannen Trauten Unter Vogel Wald Weissen Wiesen Winter Zell
        """),
        words("bacher becker berger dorfer eder felder hauser hofer huber maier mann moser rieder steiner thaler"),
    ),
)
SURNAMES = sorted({*SURNAMES, *(first + last for firsts, lasts in SURNAME_PARTS for first in firsts for last in lasts)})

PRODUCTS = """
teapot|teapots|Teekanne|f|Teekannen|kitchen|c|lid:Deckel:m, strainer:Teesieb:n
kettle|kettles|Wasserkocher|m|Wasserkocher|kitchen|cr|lid:Deckel:m, base:Sockel:m
toaster|toasters|Toaster|m|Toaster|kitchen|cr|crumb tray:Krümelfach:n, rack:Aufsatz:m
coffee grinder|coffee grinders|Kaffeemühle|f|Kaffeemühlen|kitchen|r|crank:Kurbel:f, lid:Deckel:m
coffee machine|coffee machines|Kaffeemaschine|f|Kaffeemaschinen|kitchen|cr|water tank:Wassertank:m, filter:Filter:m
milk frother|milk frothers|Milchaufschäumer|m|Milchaufschäumer|kitchen|r|whisk:Quirl:m, lid:Deckel:m
hand mixer|hand mixers|Handmixer|m|Handmixer|kitchen|cr|dough hook:Knethaken:m, whisk:Quirl:m
blender|blenders|Standmixer|m|Standmixer|kitchen|cr|jug:Krug:m, lid:Deckel:m
waffle iron|waffle irons|Waffeleisen|n|Waffeleisen|kitchen|r|drip tray:Tropfschale:f, handle:Griff:m
pressure cooker|pressure cookers|Schnellkochtopf|m|Schnellkochtöpfe|kitchen|r|valve:Ventil:n, seal:Dichtung:f
frying pan|frying pans|Bratpfanne|f|Bratpfannen|kitchen|s|handle:Griff:m, lid:Deckel:m
saucepan|saucepans|Kochtopf|m|Kochtöpfe|kitchen|s|lid:Deckel:m, handle:Griff:m
casserole dish|casserole dishes|Auflaufform|f|Auflaufformen|kitchen|cs|lid:Deckel:m
salad bowl|salad bowls|Salatschüssel|f|Salatschüsseln|kitchen|c|serving spoon:Vorlegelöffel:m
mixing bowl|mixing bowls|Rührschüssel|f|Rührschüsseln|kitchen|cs|lid:Deckel:m
fruit bowl|fruit bowls|Obstschale|f|Obstschalen|kitchen|c|stand:Ständer:m
butter dish|butter dishes|Butterdose|f|Butterdosen|kitchen|c|lid:Deckel:m
bread bin|bread bins|Brotkasten|m|Brotkästen|kitchen|c|lid:Deckel:m, cutting board:Schneidebrett:n
cutting board|cutting boards|Schneidebrett|n|Schneidebretter|kitchen|s|rubber foot:Gummifuß:m
kitchen knife|kitchen knives|Küchenmesser|n|Küchenmesser|kitchen|s|sheath:Klingenschutz:m
knife block|knife blocks|Messerblock|m|Messerblöcke|kitchen||bread knife:Brotmesser:n
rolling pin|rolling pins|Nudelholz|n|Nudelhölzer|kitchen||handle:Griff:m
kitchen scale|kitchen scales|Küchenwaage|f|Küchenwaagen|kitchen|cr|weighing bowl:Waagschale:f, battery:Batterie:f
spice rack|spice racks|Gewürzregal|n|Gewürzregale|kitchen||glass jar:Gewürzglas:n, screw set:Schraubensatz:m
pepper mill|pepper mills|Pfeffermühle|f|Pfeffermühlen|kitchen|r|knob:Drehknopf:m, grinder:Mahlwerk:n
salad spinner|salad spinners|Salatschleuder|f|Salatschleudern|kitchen|c|basket:Siebkorb:m, lid:Deckel:m
cake tin|cake tins|Kuchenform|f|Kuchenformen|kitchen|s|base:Boden:m
cake stand|cake stands|Tortenplatte|f|Tortenplatten|kitchen||glass dome:Glashaube:f
cheese board|cheese boards|Käsebrett|n|Käsebretter|kitchen||cheese knife:Käsemesser:n
fondue set|fondue sets|Fondueset|n|Fonduesets|kitchen|c|burner:Brenner:m, fork:Gabel:f
water jug|water jugs|Wasserkaraffe|f|Wasserkaraffen|kitchen||stopper:Stöpsel:m
lunch box|lunch boxes|Brotdose|f|Brotdosen|kitchen|c|divider:Trennwand:f, clip:Verschluss:m
drinking bottle|drinking bottles|Trinkflasche|f|Trinkflaschen|outdoor|cs|cap:Verschlusskappe:f, seal:Dichtung:f
mug|mugs|Becher|m|Becher|kitchen|c|lid:Deckel:m
egg cup|egg cups|Eierbecher|m|Eierbecher|kitchen|c|egg spoon:Eierlöffel:m
dinner plate|dinner plates|Essteller|m|Essteller|kitchen|cs|
soup bowl|soup bowls|Suppenschale|f|Suppenschalen|kitchen|c|spoon:Löffel:m
cutlery set|cutlery sets|Besteckset|n|Bestecksets|kitchen||ladle:Schöpfkelle:f, case:Koffer:m
wine rack|wine racks|Weinregal|n|Weinregale|kitchen||screw set:Schraubensatz:m, wooden bar:Holzstab:m
corkscrew|corkscrews|Korkenzieher|m|Korkenzieher|kitchen|r|spiral:Spirale:f
oven glove|oven gloves|Ofenhandschuh|m|Ofenhandschuhe|textiles|c|loop:Schlaufe:f
apron|aprons|Schürze|f|Schürzen|textiles|cs|belt:Gürtel:m
tea towel|tea towels|Geschirrtuch|n|Geschirrtücher|textiles|c|
tablecloth|tablecloths|Tischdecke|f|Tischdecken|textiles|cs|
cushion|cushions|Kissen|n|Kissen|textiles|cs|cover:Bezug:m
wool blanket|wool blankets|Wolldecke|f|Wolldecken|textiles|cs|
quilt|quilts|Steppdecke|f|Steppdecken|textiles|cs|carrying bag:Tragetasche:f
pillow|pillows|Kopfkissen|n|Kopfkissen|textiles|s|cover:Bezug:m
bed sheet|bed sheets|Bettlaken|n|Bettlaken|textiles|cs|
bath towel|bath towels|Badetuch|n|Badetücher|textiles|cs|
bathrobe|bathrobes|Bademantel|m|Bademäntel|textiles|cs|belt:Gürtel:m
bath mat|bath mats|Badematte|f|Badematten|textiles|cs|
shower curtain|shower curtains|Duschvorhang|m|Duschvorhänge|textiles|c|ring set:Ringsatz:m
curtain|curtains|Vorhang|m|Vorhänge|textiles|cs|tieback:Raffhalter:m
doormat|doormats|Fußmatte|f|Fußmatten|textiles|cs|
rug|rugs|Teppich|m|Teppiche|textiles|cs|underlay:Unterlage:f
raincoat|raincoats|Regenmantel|m|Regenmäntel|clothing|cs|hood:Kapuze:f, belt:Gürtel:m
rain hat|rain hats|Regenhut|m|Regenhüte|clothing|cs|chin strap:Kinnband:n
cardigan|cardigans|Strickjacke|f|Strickjacken|clothing|cs|spare button:Ersatzknopf:m
pullover|pullovers|Pullover|m|Pullover|clothing|cs|
fleece jacket|fleece jackets|Fleecejacke|f|Fleecejacken|clothing|cs|zip:Reißverschluss:m
waistcoat|waistcoats|Weste|f|Westen|clothing|cs|spare button:Ersatzknopf:m
linen shirt|linen shirts|Leinenhemd|n|Leinenhemden|clothing|cs|spare button:Ersatzknopf:m
nightgown|nightgowns|Nachthemd|n|Nachthemden|clothing|cs|
dressing gown|dressing gowns|Morgenmantel|m|Morgenmäntel|clothing|cs|belt:Gürtel:m
wool scarf|wool scarves|Wollschal|m|Wollschals|clothing|c|
beanie|beanies|Wollmütze|f|Wollmützen|clothing|cs|
sun hat|sun hats|Sonnenhut|m|Sonnenhüte|clothing|cs|ribbon:Band:n
leather belt|leather belts|Ledergürtel|m|Ledergürtel|clothing|cs|buckle:Schnalle:f
umbrella|umbrellas|Regenschirm|m|Regenschirme|outdoor|cr|sleeve:Schirmhülle:f, handle:Griff:m
backpack|backpacks|Rucksack|m|Rucksäcke|outdoor|csr|rain cover:Regenhülle:f, strap:Gurt:m
shoulder bag|shoulder bags|Umhängetasche|f|Umhängetaschen|outdoor|cr|strap:Gurt:m
shopping basket|shopping baskets|Einkaufskorb|m|Einkaufskörbe|outdoor|c|lining:Innenfutter:n
shopping trolley|shopping trolleys|Einkaufstrolley|m|Einkaufstrolleys|outdoor|cr|wheel:Rad:n, handle:Griff:m
suitcase|suitcases|Koffer|m|Koffer|outdoor|csr|key:Schlüssel:m, wheel:Rolle:f
toiletry bag|toiletry bags|Kulturbeutel|m|Kulturbeutel|outdoor|c|hook:Haken:m
picnic basket|picnic baskets|Picknickkorb|m|Picknickkörbe|outdoor||cutlery set:Besteckset:n, blanket:Decke:f
picnic blanket|picnic blankets|Picknickdecke|f|Picknickdecken|outdoor|cs|carrying strap:Tragegurt:m
cool box|cool boxes|Kühlbox|f|Kühlboxen|outdoor|csr|lid:Deckel:m, ice pack:Kühlakku:m
sleeping bag|sleeping bags|Schlafsack|m|Schlafsäcke|outdoor|cs|carrying bag:Tragetasche:f
tent|tents|Zelt|n|Zelte|outdoor|cs|pole:Zeltstange:f, peg set:Heringssatz:m
hammock|hammocks|Hängematte|f|Hängematten|outdoor|cs|rope:Seil:n, hook:Haken:m
camping chair|camping chairs|Campingstuhl|m|Campingstühle|outdoor|c|cup holder:Getränkehalter:m
camping stove|camping stoves|Campingkocher|m|Campingkocher|outdoor|r|burner:Brenner:m, windshield:Windschutz:m
head torch|head torches|Stirnlampe|f|Stirnlampen|outdoor|r|headband:Stirnband:n, battery:Batterie:f
pocket knife|pocket knives|Taschenmesser|n|Taschenmesser|outdoor|r|sheath:Hülle:f
thermos flask|thermos flasks|Thermosflasche|f|Thermosflaschen|outdoor|cs|cup:Trinkbecher:m, stopper:Stopfen:m
walking stick|walking sticks|Wanderstock|m|Wanderstöcke|outdoor|s|rubber tip:Gummispitze:f, wrist strap:Handschlaufe:f
bicycle bag|bicycle bags|Fahrradtasche|f|Fahrradtaschen|outdoor|cr|hook:Haken:m, rain cover:Regenhülle:f
bicycle bell|bicycle bells|Fahrradklingel|f|Fahrradklingeln|outdoor|c|screw:Schraube:f
bicycle pump|bicycle pumps|Fahrradpumpe|f|Fahrradpumpen|outdoor|r|adapter:Adapter:m, hose:Schlauch:m
bicycle helmet|bicycle helmets|Fahrradhelm|m|Fahrradhelme|outdoor|cs|chin strap:Kinnriemen:m, visor:Visier:n
garden hose|garden hoses|Gartenschlauch|m|Gartenschläuche|garden||nozzle:Düse:f, connector:Anschluss:m
watering can|watering cans|Gießkanne|f|Gießkannen|garden|cs|sprinkler head:Brausekopf:m
spade|spades|Spaten|m|Spaten|garden||handle:Griff:m
garden fork|garden forks|Grabegabel|f|Grabegabeln|garden||handle:Griff:m
rake|rakes|Rechen|m|Rechen|garden||handle:Stiel:m
hedge trimmer|hedge trimmers|Heckenschere|f|Heckenscheren|garden|r|blade guard:Klingenschutz:m, battery:Akku:m
lawn mower|lawn mowers|Rasenmäher|m|Rasenmäher|garden|r|grass box:Grasfangkorb:m, blade:Messer:n
wheelbarrow|wheelbarrows|Schubkarre|f|Schubkarren|garden|c|wheel:Rad:n, handle:Griff:m
plant pot|plant pots|Blumentopf|m|Blumentöpfe|garden|cs|saucer:Untersetzer:m
window box|window boxes|Blumenkasten|m|Blumenkästen|garden|cs|bracket:Halterung:f
flower vase|flower vases|Blumenvase|f|Blumenvasen|home|cs|
bird house|bird houses|Vogelhaus|n|Vogelhäuser|garden|c|roof:Dach:n, perch:Sitzstange:f
bird bath|bird baths|Vogeltränke|f|Vogeltränken|garden||stand:Ständer:m
bird feeder|bird feeders|Futterspender|m|Futterspender|garden|c|hook:Haken:m, tray:Schale:f
wind chime|wind chimes|Windspiel|n|Windspiele|garden||hook:Haken:m
parasol|parasols|Sonnenschirm|m|Sonnenschirme|garden|csr|stand:Ständer:m, crank:Kurbel:f
deck chair|deck chairs|Liegestuhl|m|Liegestühle|garden|c|armrest:Armlehne:f, cover:Bezug:m
garden bench|garden benches|Gartenbank|f|Gartenbänke|garden|c|screw set:Schraubensatz:m, armrest:Armlehne:f
garden table|garden tables|Gartentisch|m|Gartentische|garden|cs|screw set:Schraubensatz:m, leg:Bein:n
folding chair|folding chairs|Klappstuhl|m|Klappstühle|garden|c|seat cover:Sitzbezug:m
barbecue|barbecues|Grill|m|Grills|garden|r|grate:Rost:m, lid:Deckel:m
fire bowl|fire bowls|Feuerschale|f|Feuerschalen|garden|s|poker:Schürhaken:m, spark guard:Funkenschutz:m
garden lantern|garden lanterns|Gartenlaterne|f|Gartenlaternen|garden|c|glass pane:Glasscheibe:f, hook:Haken:m
solar lamp|solar lamps|Solarlampe|f|Solarlampen|garden|r|ground spike:Erdspieß:m, battery:Akku:m
desk lamp|desk lamps|Schreibtischlampe|f|Schreibtischlampen|home|cr|bulb:Glühbirne:f, dimmer:Dimmer:m
floor lamp|floor lamps|Stehlampe|f|Stehlampen|home|cr|lampshade:Lampenschirm:m, foot switch:Fußschalter:m
bedside lamp|bedside lamps|Nachttischlampe|f|Nachttischlampen|home|cr|lampshade:Lampenschirm:m, bulb:Glühbirne:f
string of lights|strings of lights|Lichterkette|f|Lichterketten|home|r|timer:Zeitschaltuhr:f, plug:Stecker:m
night light|night lights|Nachtlicht|n|Nachtlichter|home|cr|plug:Stecker:m
candle holder|candle holders|Kerzenhalter|m|Kerzenhalter|home|c|glass:Glas:n
wall clock|wall clocks|Wanduhr|f|Wanduhren|home|cr|hour hand:Stundenzeiger:m, glass:Glas:n
alarm clock|alarm clocks|Wecker|m|Wecker|home|cr|battery cover:Batteriefach:n, alarm button:Wecktaste:f
wall mirror|wall mirrors|Wandspiegel|m|Wandspiegel|home|s|bracket:Halterung:f
picture frame|picture frames|Bilderrahmen|m|Bilderrahmen|home|cs|glass:Glas:n, stand:Aufsteller:m
photo album|photo albums|Fotoalbum|n|Fotoalben|home|c|slipcase:Schuber:m
bookshelf|bookshelves|Bücherregal|n|Bücherregale|home|s|shelf:Regalboden:m, screw set:Schraubensatz:m
shoe rack|shoe racks|Schuhregal|n|Schuhregale|home|s|shelf:Regalboden:m, screw set:Schraubensatz:m
coat rack|coat racks|Garderobe|f|Garderoben|home|c|hook:Haken:m, screw set:Schraubensatz:m
side table|side tables|Beistelltisch|m|Beistelltische|home|c|leg:Bein:n, tray:Tablett:n
step stool|step stools|Tritthocker|m|Tritthocker|home|c|rubber foot:Gummifuß:m
desk chair|desk chairs|Schreibtischstuhl|m|Schreibtischstühle|home|cr|armrest:Armlehne:f, wheel:Rolle:f
chest of drawers|chests of drawers|Kommode|f|Kommoden|home|c|drawer knob:Schubladenknopf:m
laundry basket|laundry baskets|Wäschekorb|m|Wäschekörbe|home|cs|lid:Deckel:m, lining:Innenfutter:n
ironing board|ironing boards|Bügelbrett|n|Bügelbretter|home||cover:Bezug:m
steam iron|steam irons|Dampfbügeleisen|n|Dampfbügeleisen|home|cr|measuring cup:Messbecher:m
vacuum cleaner|vacuum cleaners|Staubsauger|m|Staubsauger|home|cr|nozzle:Düse:f, filter:Filter:m
fan heater|fan heaters|Heizlüfter|m|Heizlüfter|home|r|remote control:Fernbedienung:f
table fan|table fans|Tischventilator|m|Tischventilatoren|home|cr|grille:Schutzgitter:n, base:Standfuß:m
hot water bottle|hot water bottles|Wärmflasche|f|Wärmflaschen|home|c|cover:Bezug:m, stopper:Stöpsel:m
bathroom scale|bathroom scales|Personenwaage|f|Personenwaagen|home|cr|battery:Batterie:f
soap dispenser|soap dispensers|Seifenspender|m|Seifenspender|home|c|pump:Pumpe:f
letter box|letter boxes|Briefkasten|m|Briefkästen|home|c|key:Schlüssel:m, name plate:Namensschild:n
tool box|tool boxes|Werkzeugkasten|m|Werkzeugkästen|home|c|tray:Einsatz:m, key:Schlüssel:m
cordless drill|cordless drills|Akkubohrer|m|Akkubohrer|home|r|charger:Ladegerät:n, battery:Akku:m
screwdriver set|screwdriver sets|Schraubendreherset|n|Schraubendrehersets|home||case:Koffer:m
stepladder|stepladders|Trittleiter|f|Trittleitern|home|s|rubber foot:Gummifuß:m
radio|radios|Radio|n|Radios|home|cr|aerial:Antenne:f, power cable:Netzkabel:n
record player|record players|Plattenspieler|m|Plattenspieler|home|r|needle:Nadel:f, dust cover:Staubhaube:f
sewing machine|sewing machines|Nähmaschine|f|Nähmaschinen|home|r|foot pedal:Fußpedal:n, needle:Nadel:f
sewing box|sewing boxes|Nähkasten|m|Nähkästen|home|c|pincushion:Nadelkissen:n
fountain pen|fountain pens|Füllfederhalter|m|Füllfederhalter|paper|c|nib:Feder:f, cap:Kappe:f
notebook|notebooks|Notizbuch|n|Notizbücher|paper|cs|elastic band:Gummiband:n
wall calendar|wall calendars|Wandkalender|m|Wandkalender|paper||hook:Haken:m
writing set|writing sets|Briefset|n|Briefsets|paper|c|sealing wax:Siegelwachs:n
watercolour set|watercolour sets|Aquarellset|n|Aquarellsets|paper||brush:Pinsel:m, mixing tray:Mischpalette:f
easel|easels|Staffelei|f|Staffeleien|paper|s|screw set:Schraubensatz:m
globe|globes|Globus|m|Globen|paper|s|stand:Ständer:m
jigsaw puzzle|jigsaw puzzles|Puzzle|n|Puzzles|toys|s|poster:Poster:n
board game|board games|Brettspiel|n|Brettspiele|toys||dice set:Würfelset:n, rule book:Regelheft:n
chess set|chess sets|Schachspiel|n|Schachspiele|toys||rook:Turm:m, queen:Dame:f
wooden train|wooden trains|Holzeisenbahn|f|Holzeisenbahnen|toys|c|wagon:Waggon:m, bridge:Brücke:f
doll's house|doll's houses|Puppenhaus|n|Puppenhäuser|toys|c|front door:Haustür:f, staircase:Treppe:f
teddy bear|teddy bears|Teddybär|m|Teddybären|toys|cs|scarf:Schal:m
kite|kites|Drachen|m|Drachen|toys|cs|line:Schnur:f, tail:Schwanz:m
toy crane|toy cranes|Spielzeugkran|m|Spielzeugkräne|toys|c|hook:Haken:m, winch:Winde:f
rocking horse|rocking horses|Schaukelpferd|n|Schaukelpferde|toys|c|saddle:Sattel:m
scooter|scooters|Tretroller|m|Tretroller|toys|csr|brake:Bremse:f, bell:Klingel:f
music box|music boxes|Spieluhr|f|Spieluhren|toys|r|key:Schlüssel:m, crank:Kurbel:f
telescope|telescopes|Teleskop|n|Teleskope|toys|r|tripod:Stativ:n, eyepiece:Okular:n
microscope|microscopes|Mikroskop|n|Mikroskope|toys|r|slide box:Objektträgerbox:f, eyepiece:Okular:n
dog bed|dog beds|Hundebett|n|Hundebetten|pets|cs|cover:Bezug:m
dog lead|dog leads|Hundeleine|f|Hundeleinen|pets|cs|clip:Karabiner:m
cat basket|cat baskets|Katzenkorb|m|Katzenkörbe|pets|cs|cushion:Kissen:n
scratching post|scratching posts|Kratzbaum|m|Kratzbäume|pets|s|platform:Liegefläche:f, screw set:Schraubensatz:m
feeding bowl|feeding bowls|Futternapf|m|Futternäpfe|pets|cs|rubber ring:Gummiring:m
""".strip().splitlines()

COLOURS = pairs("""
black:schwarz, white:weiß, grey:grau, green:grün, blue:blau, red:rot, yellow:gelb, orange:orange, brown:braun,
beige:beige, cream:cremefarben, turquoise:türkis, purple:lila, pink:rosa, silver:silber, copper:kupferfarben,
navy:marineblau, olive:olivgrün, mustard:senfgelb, mint:mintgrün
""")
COLOUR_NOUNS = entries("""
Schwarz, Weiß, Grau, Grün, Blau, Rot, Gelb, Orange, Braun, Beige, Creme, Türkis, Lila, Rosa, Silber, Kupfer, Marineblau,
Olivgrün, Senfgelb, Mintgrün
""")  # after "in", in the order of COLOURS
SIZES = pairs("small:klein, medium:mittel, large:groß, extra large:extragroß")

# English:German:country, which decides how an address is written
CITIES = entries("""
London:London:uk, Bristol:Bristol:uk, Leeds:Leeds:uk, York:York:uk, Norwich:Norwich:uk, Exeter:Exeter:uk,
Cardiff:Cardiff:uk, Glasgow:Glasgow:uk, Edinburgh:Edinburgh:uk, Dundee:Dundee:uk, Belfast:Belfast:uk,
Oxford:Oxford:uk, Cambridge:Cambridge:uk, Liverpool:Liverpool:uk, Manchester:Manchester:uk, Plymouth:Plymouth:uk,
Brighton:Brighton:uk, Canterbury:Canterbury:uk, Southampton:Southampton:uk, Dublin:Dublin:uk, Galway:Galway:uk,
Berlin:Berlin:de, Hamburg:Hamburg:de, Munich:München:de, Cologne:Köln:de, Leipzig:Leipzig:de, Dresden:Dresden:de,
Bremen:Bremen:de, Hanover:Hannover:de, Nuremberg:Nürnberg:de, Stuttgart:Stuttgart:de, Mainz:Mainz:de, Kiel:Kiel:de,
Rostock:Rostock:de, Erfurt:Erfurt:de, Kassel:Kassel:de, Aachen:Aachen:de, Freiburg:Freiburg:de, Münster:Münster:de,
Bonn:Bonn:de, Potsdam:Potsdam:de, Regensburg:Regensburg:de, Heidelberg:Heidelberg:de, Lübeck:Lübeck:de, Trier:Trier:de,
Vienna:Wien:de, Graz:Graz:de, Linz:Linz:de, Salzburg:Salzburg:de, Innsbruck:Innsbruck:de, Zurich:Zürich:de,
Basel:Basel:de, Bern:Bern:de, Lucerne:Luzern:de, Luxembourg:Luxemburg:de
""")
STREETS = {
    "uk": entries("""
Mill Lane, Station Road, Church Street, Orchard Close, Bridge Street, Meadow Lane, Park Avenue, Canal Street,
Chapel Hill, Garden Walk, Windmill Road, Harbour Street, Elm Grove, Lime Avenue, Priory Road, Castle Street,
Beech Drive, Spring Terrace, Market Row, Cedar Crescent
"""),
    "de": entries("""
Lindenstraße, Gartenweg, Bahnhofstraße, Mühlenweg, Kirchgasse, Birkenallee, Schulstraße, Hafenstraße, Wiesenweg,
Brückenstraße, Rosenweg, Bergstraße, Uferstraße, Ahornweg, Kastanienallee, Sonnenweg, Feldstraße, Brunnengasse
"""),
}
COURIERS = entries("""
Swiftline, ParcelBee, Nordpost, Greenwheel, Citydrop, Bluevan, Pakethase, Hopper Express, Kurierblitz,
Roadrunner Post, Velobote, Tandem Logistics
""")
DEPARTMENTS = pairs("""
customer service:Kundendienst, returns desk:Retourenstelle, accounts department:Buchhaltung, warehouse:Lager,
repair workshop:Reparaturwerkstatt, dispatch team:Versandabteilung, order desk:Bestellannahme,
web shop team:Webshop-Team, complaints team:Reklamationsabteilung
""")

MONTHS = pairs("""
January:Januar, February:Februar, March:März, April:April, May:Mai, June:Juni, July:Juli, August:August,
September:September, October:Oktober, November:November, December:Dezember
""")
WEEKDAYS = pairs("""
Monday:Montag, Tuesday:Dienstag, Wednesday:Mittwoch, Thursday:Donnerstag, Friday:Freitag, Saturday:Samstag,
Sunday:Sonntag
""")
COUNTS = pairs("""
two:zwei, three:drei, four:vier, five:fünf, six:sechs, seven:sieben, eight:acht, nine:neun, ten:zehn, twelve:zwölf
""")
VOUCHER_WORDS = words("""
MEADOW SPRING WELCOME AUTUMN GARDEN HARVEST LANTERN WINTER PICNIC SUNNY THANKS ORCHARD COSY BREEZE BIRTHDAY CLOVER
""")
