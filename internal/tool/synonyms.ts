import { termsOf } from "./analyser.ts";

const groups = `
create, make, new, generate, build, produce, add
delete, remove, destroy, erase, drop, purge, discard
start, boot, launch, resume, wake
stop, halt, shutdown, pause, suspend
restart, reboot, reload, cycle
run, execute, exec, invoke, perform
command, shell, terminal, bash, cmd, console
list, enumerate, show, display, browse
get, fetch, retrieve, obtain, read, view
find, search, locate, lookup, discover, seek
update, change, modify, edit, alter, revise, adjust
write, save, store, persist
send, deliver, dispatch, transmit, post
open, view, see, look, show, print, display, cat
show, read, print, cat
rename, move, relocate
copy, duplicate, clone, replicate
compare, diff, difference
convert, transform, translate, change
translate, translation, language, multilingual
upload, import, ingest
download, export
connect, link, attach, join
check, verify, validate, inspect, examine
approve, accept, allow, confirm, permit, grant
deny, reject, refuse, decline
cancel, abort, revoke, invalidate
add, invite, join, enroll
remove, kick, expel, leave
assign, grant, attach
log, logs, output, journal, trace
error, failure, fault, problem, bug, issue
status, state, health, condition
count, number, total, amount
schedule, plan, calendar, appointment, event, meeting
remind, reminder, alarm, notify, notification, alert
file, document, doc
folder, directory, path
text, content, contents
picture, image, photo, photograph, illustration, drawing
draw, paint, sketch, design, art
video, movie, film, clip, footage
music, song, track, audio, tune, playlist
sound, voice, speech, audio
chart, graph, plot, diagram, visualization
table, spreadsheet, sheet, excel, csv
email, mail, inbox, message
chat, message, conversation, talk
phone, telephone, mobile, call
user, account, member, person, people
group, team, organization
permission, access, right, role
password, credential, secret, login
token, key
space, environment, workspace, sandbox, container, instance
template, blueprint, image, definition
server, machine, host, node, vm
database, db, sql, query
website, site, page, web, webpage, url
internet, web, online
summary, summarize, abstract, digest, condense, brief
explain, describe, clarify, detail
answer, reply, respond, response
question, ask, query
recommend, suggest, advise, suggestion, recommendation, advice
idea, inspiration, concept, brainstorm
improve, enhance, optimize, refine, boost
fix, repair, solve, correct, patch
analyze, analysis, evaluate, assess, examine, insight
calculate, compute, calculator, math, arithmetic
measure, measurement, size, dimension
price, cost, fee, rate, quote
buy, purchase, shop, shopping, order
sell, sale, market
product, item, goods, merchandise
store, shop, retailer
coupon, discount, deal, bargain, promotion, offer
gift, present
money, currency, cash, finance, financial
invest, investment, portfolio, stock, share, trading
crypto, cryptocurrency, bitcoin, ethereum, blockchain, token, coin
bank, banking, loan, mortgage, credit
tax, taxes, irs
company, business, firm, corporation, enterprise
job, career, employment, vacancy, hiring, work
resume, cv
interview, recruit, recruitment
travel, trip, journey, vacation, holiday, tour, itinerary
hotel, accommodation, lodging, stay, hostel
flight, airline, plane, airport
train, railway, bus, transit, transport
car, vehicle, automobile, auto
route, direction, navigation, map
location, place, address, position, where
city, town, country, region
house, home, property, apartment, estate, rent, rental
weather, forecast, temperature, climate, rain
food, meal, dish, recipe, cook, cuisine
restaurant, dining, eat, dinner
drink, cocktail, wine, beer
diet, nutrition, calorie, healthy
health, medical, medicine, doctor, clinical, patient
exercise, workout, fitness, gym, training
sport, match, league, football, soccer
game, play, gaming, puzzle, trivia
book, novel, reading, author, literature
story, tale, fiction, narrative
poem, poetry, verse, rhyme
news, article, headline, press
paper, research, study, academic, scientific, publication
learn, study, education, course, lesson, teach, tutor
child, kid, children
student, school, university, college
lawyer, law, legal, court, attorney
horoscope, astrology, zodiac, tarot
date, day, time, calendar
code, program, source, script, programming, developer
repository, repo, git, github
commit, branch, merge
issue, ticket, bug, task
task, todo, chore
test, testing, quiz, exam
deploy, release, publish, ship
version, revision, history
backup, snapshot, archive
size, scale, resize, capacity
ip, address, network
domain, dns, hostname
security, vulnerability, threat, malware
encrypt, encode, encryption, hash, cipher
tweet, twitter, social
trend, trending, popular, hot
review, rating, feedback, opinion
tool, utility, plugin, integration
`;

const table = new Map<string, Set<string>>();
for (const line of groups.split("\n")) {
  const stems = [...new Set(line.split(",").flatMap((word) => termsOf(word).map(({ text }) => text)))];
  for (const stem of stems) {
    const related = table.get(stem) ?? new Set();
    for (const other of stems) if (other !== stem) related.add(other);
    table.set(stem, related);
  }
}

const none: ReadonlySet<string> = new Set();

/** What people say in several words for one action that tools name in one, and abbreviations of what tools write out. */
const phrases: readonly (readonly [phrase: RegExp, meant: string])[] = [
  [/\bget(ting)? rid of\b|\bthrow(ing)? away\b|\btear(ing)? down\b|\bclean(ing)? up\b/i, "delete remove"],
  [/\bturn(ing)? off\b|\bpower(ing)? off\b|\bswitch(ing)? off\b/i, "stop"],
  [/\bturn(ing)? on\b|\bpower(ing)? on\b|\bswitch(ing)? on\b|\bspin(ning)? up\b|\bbring(ing)? up\b/i, "start"],
  [/\bset(ting)? up\b/i, "create"],
  [/\bsign(ing)? in\b|\blog(ging)? in\b/i, "login"],
  [/\bPRs?\b/i, "pull request"],
  [/\brepos?\b/i, "repository"],
  [/\bdbs?\b/i, "database"],
  [/\bk8s\b|\bkube(ctl)?\b/i, "kubernetes"],
  [/\bjs\b/i, "javascript"],
  [/\bconfigs?\b/i, "configuration"],
  [/\benvs?\b/i, "environment"],
  [/\bdocs?\b/i, "document documentation"],
  [/\bmsgs?\b/i, "message"],
  [/\bauth\b/i, "authentication"],
  [/\bVMs?\b/i, "virtual machine"],
];

/** The query with the actions its phrases stand for added at its end. */
export function withPhrases(query: string): string {
  const meant = phrases.filter(([phrase]) => phrase.test(query)).map(([, action]) => action);
  return [query, ...meant].join(" ");
}

/** The terms that mean nearly the same as a term: what the reranking of `tool_search` also counts, at a low weight. */
export const synonymsOf = (term: string): ReadonlySet<string> => table.get(term) ?? none;
