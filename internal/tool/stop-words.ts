const words = `
a about above after again all also am an and any are arent as at be because been before being below between both but by
can cannot cant could couldnt did didnt do does doesnt doing dont down during each either else ever every few for from
further get give go going got had hadnt has hasnt have havent having he hed hell help her here heres hers herself hes
him himself his how however i id if ill im in into is isnt it its itself ive just kindly know let lets like looking
made make many may maybe me might mine more most much must my myself need needs no nor not now of off ok okay on once
only or other ought our ours ourselves out over own per please provide really same shall shant she should shouldnt so
some something such tell than thank thanks that thats the their theirs them themselves then there theres these they
theyd theyll theyre theyve thing things this those through to too two under until up upon us use used using very want
wants was wasnt way we wed well were weve what whats when where wheres whether which while who whom whose why will with
within without wont would wouldnt yes yet you youd youll your youre yours yourself yourselves youve
`;

/** English words that say nothing about which tool is meant. Words of actions (find, list, create) are not among them. */
export const stopWords: ReadonlySet<string> = new Set(words.split(/\s+/).filter((word) => word !== ""));
