/**
 * Passwords and words that are tried first, in lower case. With twelve characters as the least, most of them matter
 * as the word that digits are appended to or that is repeated.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `
  123456 password 12345678 qwerty 123456789 12345 1234 111111 1234567 dragon 123123 baseball abc123 football monkey
  letmein shadow master 696969 mustang 666666 qwertyuiop 123321 1234567890 superman 654321 1qaz2wsx 7777777 qazwsx
  jordan jennifer zxcvbnm asdfgh hunter buster soccer harley batman andrew tigger sunshine iloveyou charlie robert
  thomas hockey ranger daniel starwars klaster 112233 george computer michelle jessica pepper 1111 zxcvbn 555555
  11111111 131313 freedom 777777 pass maggie 159753 aaaaaa ginger princess joshua cheese amanda summer love ashley
  nicole chelsea biteme matthew access yankees 987654321 dallas austin thunder taylor matrix mobilemail william
  corvette hello martin heather secret merlin diamond 1234qwer hammer silver 222222 88888888 anthony justin test
  bailey q1w2e3r4t5 patrick internet scooter orange 11111 golfer cookie richard samantha bigdog guitar jackson
  whatever mickey chicken sparky snoopy maverick phoenix camaro peanut morgan welcome falcon cowboy ferrari samsung
  andrea smokey steelers joseph mercedes dakota arsenal eagles melissa boomer booboo spider nascar monster tigers
  yellow 123123123 gateway marina diablo bulldog qwer1234 compaq purple banana junior hannah 123654 porsche lakers
  iceman money cowboys 987654 london tennis 999999 ncc1701 coffee scooby 0000 miller boston q1w2e3r4 brandon yamaha
  chester mother forever johnny edward 333333 oliver redsox player nikita knight fender barney midnight please
  brandy chicago badboy slayer rangers charles angel flower rabbit wizard bigdick jasper enter rachel chris steven
  winner adidas victoria natasha 1q2w3e4r jasmine winter prince marine ghbdtn fishing cocacola casper james 232323
  raiders 888888 marlboro gandalf asdfasdf crystal 87654321 12344321 golden 8675309 doctor panther angela brandi
  killer lauren alexander alexis bond007 bonnie brooklyn buddy butterfly captain carlos carolina catherine chocolate
  christian christina christopher claire cooper creative cricket crazy danielle darkness debbie dennis destiny
  device diamonds dolphin donald dreams eclipse elephant elizabeth emmanuel england everton explorer fluffy
  football1 forest france francis frankie friend friends fuckyou fuckme gabriel galaxy garfield genesis gemini
  giants gizmo godzilla goldfish google gordon gregory hahaha happy hardcore hawaii heaven hello123 helpme history
  holiday horses hotdog houston iloveu indian infinity isabella jackie jaguar jeremy jesus jonathan jordan23 juventus
  kawasaki kenneth kevin kimberly kitten kitty kristina ladybug lasvegas legend leonardo liberty lightning lincoln
  liverpool lollipop lovely loveme lovers lucky madison magic manager manchester marie marley marvin master123
  maxwell megan metallica mexico michael miami minecraft mitchell mittens monica monkey123 montana moon mountain
  murphy mylove naruto nathan newyork nicholas nintendo nirvana nothing november october olivia orlando packers
  pakistan pamela pandora paradise parker passw0rd passwd password1 password12 password123 password1234 patricia
  peaches people phantom philip picasso pikachu pirate pokemon police pookie poohbear popcorn precious preston
  princess1 pussy qwerty1 qwerty12 qwerty123 qwertyui qwe123 qweasd qweasdzxc qweqwe rainbow raymond rebecca red123
  register remember renault ricardo robinson rocket rockstar ronaldo rosebud rush2112 russia sabrina sammy sandra
  santiago scarface school scorpion scotland scott sebastian security september sergey service shannon sharon
  shelby sidney simple skippy snickers snowball sophie spanky special spencer spiderman spring startrek startup
  stella stephanie sterling steve stupid success sunflower sunday sunset superstar support susan suzuki sweet
  sweetheart swordfish sydney system teacher teresa testing test123 testtest therock theman tiffany tigger1 tinker
  tiger toyota travis trinity trouble trustno1 tucker turtle unicorn united universal valentina vampire vanessa
  veronica victor viking vincent violet virginia volcom voodoo walter warrior watson wedding welcome1 welcome123
  wesley western whiskey william1 willow wilson windows wolverine wonder xavier xxxxxx yankee youtube zaq12wsx
  zaq1zaq1 zeppelin zombie zxcasdqwe
  admin admin123 administrator adminadmin changeme changeit change default demo guest letmein123 login logmein
  manager1 oracle postgres public qwertz private root rootroot server setup sysadmin sysop toor user user123 username
  vagrant docker podman kubernetes container localhost workspace devspace developer development production staging
  database mysql redis mongodb jenkins gitlab github ubuntu debian fedora linux raspberry raspberrypi raspbian pi
  claude chatgpt openai cursor copilot agent assistant space template company office business
  abcd1234 abcdef abcdefg abcdefgh aa123456 a123456 a1b2c3 a1b2c3d4 asd123 asdf asdf1234 asdfghjk asdfghjkl azerty
  azertyuiop 1a2b3c 1a2b3c4d 1g2w3e4r 1q2w3e 1q2w3e4r5t 1qazxsw2 3rjs1la7qe 18atcskd2w 147258 147258369 159357
  246810 789456 789456123 741852963 852456 963852741 101010 121212 212121 252525 010203 102030 112358 123abc 123qwe
  123456a 123456abc 1234abcd 123456q 123456789a 12345a 12345q 12345qwert 12qwaszx iloveyou1 iloveyou2 loveyou
  mypassword passpass passphrase passport passwort motdepasse contrasena senha parola haslo heslo wachtwoord salasana
  losenord adgangskode lozinka sifre parool jelszo hasloharry hallo hallo123 schatz ficken fussball passwort1
  bonjour soleil doudou loulou marseille chouchou cheval nicolas camille azerty123 teamo tequiero contrasena1
  estrella mariposa princesa barcelona realmadrid hola futbol amigos bienvenue willkommen benvenuto juventus1
  ciaociao amore andrea1 napoli forzamilan nederland welkom welkom01 ajax feyenoord polska kochanie misiek
  qwerty1234 qwertyqwerty zxcvbnm1 asdasd asdasd123 asdqwe123 zxczxc qazxsw qazwsxedc qwertzuiop passwordpassword
  correcthorsebatterystaple correcthorse trustnoone opensesame letmeinplease nopassword
  `
    .trim()
    .split(/\s+/),
);
