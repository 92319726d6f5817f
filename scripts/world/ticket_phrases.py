# SPDX-License-Identifier: Apache-2.0
"""What customers write, as templates for shop.Draw.say: [one|of|these], then {slots}.

About the thing: {item} the mug, the two mugs; {an_item} a mug, two mugs; {noun} mug, two mugs; {it} it, they; {them}
it, them; {is} {was} {has} {does} agree with it, and {s} is the verb's s. The facts that reach the summary are {order},
{part}, {date}, {due}, {date2}, {count2} and the slots of each request; the others distract.
"""

# Styles: how a letter opens, asks, closes.

GREETINGS = {
    "formal": ["Dear {shop} team,", "Dear Sir or Madam,", "Dear customer service,", "Good [morning|afternoon],"],
    "chatty": ["Hi there,", "Hello {shop},", "Hi everyone,", "Hello again,", "Hello you lovely people,", ""],
    "terse": ["", "", "Hello.", "Hi,"],
    "annoyed": ["Hello,", "To whom it may concern:", "{shop},", ""],
    "plain": ["Hello,", "Good day,", "Dear shop,", "Hello dear team,"],
}

# {ask} is a bare infinitive: "send me a copy of the invoice".
ASKS = {
    "formal": [
        "I would [therefore |]be grateful if you could {ask}.",
        "May I ask you to {ask}?",
        "I would appreciate it if you could {ask}.",
        "Would you be so kind as to {ask}?",
        "I [therefore |kindly |]ask you to {ask}.",
        "Could you please {ask}?",
    ],
    "chatty": [
        "Could you [maybe |]{ask}?",
        "Any chance you could {ask}?",
        "It would be [great|lovely|brilliant] if you could {ask}.",
        "Would it be possible to {ask}?",
        "Can you {ask}, [pretty please|please]?",
        "So here is my [question|favour to ask]: could you {ask}?",
    ],
    "terse": ["Please {ask}.", "Kindly {ask}.", "Please {ask}.", "Would you {ask}?"],
    "annoyed": [
        "I expect you to {ask}.",
        "I must insist that you {ask}.",
        "Now {ask}, please.",
        "So {ask}, [please|will you].",
        "The least you can do is {ask}.",
        "I am asking you [once more|for the last time] to {ask}.",
    ],
    "plain": [
        "Please can you {ask}?",
        "I ask you to {ask}.",
        "Is it possible for you to {ask}?",
        "I would like you to {ask}.",
        "I hope that you can {ask}.",
        "Can you {ask}, please?",
    ],
}

CLOSINGS = {
    "formal": ["Yours sincerely,", "Kind regards,", "With kind regards,", "Yours faithfully,", "Best regards,"],
    "chatty": ["Cheers,", "Thanks a lot,", "All the best,", "Many thanks and best wishes,", "Warmly,", "Bye for now,"],
    "terse": ["Thanks,", "Regards,", "", "Thank you."],
    "annoyed": ["Regards,", "Not amused,", "In expectation of a quick answer,", "A disappointed customer,", ""],
    "plain": ["Many greetings,", "Thank you very much,", "Best greetings,", "Friendly greetings,"],
}

INTRODUCTIONS = {  # instead of a signature
    "formal": [
        "My name is {name}, and I have been a customer for {count} years.",
        "My name is {name}.",
        "Let me introduce myself: my name is {name}.",
    ],
    "chatty": ["{name} here[, yes, me again|].", "This is {name} from {city}.", "It is me again, {name}."],
    "terse": ["{name} here.", "This is {name}."],
    "annoyed": [
        "My name is {name}, and you will [remember|know] me by now.",
        "{name} again, [as if I had nothing else to do|you know the name].",
    ],
    "plain": ["I am {name} from {city}.", "My name is {name}, I live in {city}.", "I am {name}.", "My name is {name}."],
}

# Digressions: they carry no request. A cheerful word suits neither the terse nor the annoyed.

_CHEERFUL = [
    "[Your|The] [new|spring|autumn] catalogue is [lying on my kitchen table|lovely] and I have marked half of it "
    "already.",
    "It has been [raining|snowing] here since {weekday}, so I finally have time to write.",
    "The sun is out in {city} at last, and the whole street is [in the garden|sweeping leaves|on the doorstep].",
    "My {relative} turned [sixty|seventy|eighty] last week and still [bakes|dances|cycles] like a teenager.",
    "{friend} next door has one of your {others} and [swears by it|would not part with it].",
    "I found your shop through my {relative}, who has been a customer for {count} years.",
    "We have just come back from a week in {city}[, sunburnt and happy|, where it rained every day|].",
    "Thank you for the handwritten card in the last parcel, that was a nice touch.",
    "Your packing is always so neat that my {relative} collects the boxes.",
    "My dog barked so loudly that the man from {courier} nearly ran away.",
    "I must say that {agent} of your {department} was [very helpful|a delight] on the phone [on {weekday}|the other "
    "day].",
    "The {other} that I bought from you [last year|in {month}] is [still going strong|our favourite thing in the "
    "house].",
    "I love the little [fern|fox|wren] on your new boxes, by the way.",
    "My {relative} and I have been arguing about the colour of the kitchen for {count} weeks.",
    "We are having the house painted, so please excuse the short note.",
    "The children have [been ill|had the flu] for {count} days, so I am a bit late with this.",
    "Our village is getting a new bridge and nobody talks about anything else.",
    "I am writing this on the train to {city}, so please forgive any typing errors.",
    "It is [my|our] [cat|daughter]'s birthday today and the house smells of cake.",
    "First of all, [a big compliment|my compliments] for the new web site, [it is so much clearer now|even I can "
    "find my way].",
    "In {city} the first [crocuses|swallows|strawberries] are out, and I am in a very good mood.",
    "Please greet {agent} of your {department} from me, [we had such a nice chat in {month}|what a patient soul].",
    "My {relative} says I should just ring you, but I prefer to write.",
    "After {count} cups of coffee I am finally getting round to my letters.",
    "{friend} and I are planning a [picnic|garden party|little concert] [in {month}|soon], and half of {city} will "
    "come.",
    "We tried out our new {other} on {weekday}, and [it is a joy|everybody wanted one].",
    "The [hedgehog|robin|blackbird] in our garden is back, so [spring|all] is well.",
    "I have just retired after thirty years at the [library|bakery|post office] and enjoy every [minute|day] of it.",
    "Half of my {relative}'s house comes from your catalogue, I think.",
    "You once sent my {relative} the wrong {other} and we still laugh about it.",
]
_SOBER = [
    "I have been ordering from you for {count} years and have rarely had cause to complain.",
    "Until now I have always been [very|entirely|quite] satisfied with your shop.",
    "I tried to reach you by telephone on {weekday}, but the line was busy.",
    "I have read the information on your web site [carefully|twice] but found no answer there.",
    "Let me say first that the {other} from order {order2} [arrived safely|is in perfect condition].",
    "{agent} of your {department} kindly advised me to write to you.",
    "I was away on business until {weekday} and can only write to you now.",
    "Allow me to say how much I value the quality of your {others}.",
    "My {relative} recommended your shop to me [some time ago|in {month}].",
    "I usually order through your catalogue, but this time I used the web site.",
    "Your form on the internet did not accept my message, hence this letter.",
    "After a stay in {city} I am only now going through my post.",
    "I hope this letter reaches the right department[; {agent} was not quite sure|].",
    "I trust that you are not too busy [at this time of year|before the holidays start].",
]
_GRUMPY = [
    "This is the {ordinal} time I am writing about this.",
    "I have been on hold for [half an hour|forty minutes] listening to [pan pipes|the same song].",
    "Nobody answers your telephone[, not even on a {weekday}|].",
    "{agent} of your {department} promised to take care of it and then [nothing happened|I never heard back].",
    "I used to recommend your shop to everyone.",
    "My {relative} warned me about ordering by mail, and now I have to listen to it every evening.",
    "Your answer so far was a standard letter that [missed the point|had nothing to do with my question].",
    "I have better things to do than write letters like this one.",
    "You advertise with friendly service, and I am [curious|waiting to see it].",
    "I sent a message on {weekday} and have not heard a word since.",
    "Even the {other} that I bought in {month} gave me less trouble, and that is saying something.",
    "{count} e-mails, [no answer|not one reply].",
    "I took half a day off for {courier}, and nobody came.",
    "{friend} next door orders elsewhere, and now I know why.",
    "Your chat told me that I am number [forty|sixty|ninety] in the queue.",
]
_SIMPLE = [
    "Please excuse my English, I am still learning.",
    "I have lived in {city} for {count} months, and this is my [first|second] order here.",
    "My {relative} is helping me to write this letter.",
    "Your shop is very nice, and my family likes it a lot.",
    "In my country we do not have such a shop.",
    "I hope that you understand my letter.",
    "The {other} from my last order is very good, thank you.",
    "It is very cold in {city} now, so I am often at home.",
    "I use a dictionary for this letter, it takes a long time.",
    "I have bought many things from you: {a_thing}, {a_thing2} and more.",
    "My teacher says that I must write more letters, so I start with this one.",
    "On the telephone I understand only half, so I write.",
    "{friend} from my language course told me about your shop.",
    "I wish you a good [week|{weekday}].",
]
DIGRESSIONS = {
    "formal": _SOBER + _CHEERFUL[6:8] + _CHEERFUL[9:12],
    "chatty": _CHEERFUL,
    "terse": [
        "I tried to call on {weekday}.",
        "I already wrote to {agent} on {weekday}.",
        "I am on the road until {weekday}.",
        "Nobody answered the phone on {weekday}.",
        "{agent} asked me to write.",
        "Short message, as I am at work.",
    ],
    "annoyed": _GRUMPY,
    "plain": _SIMPLE + _CHEERFUL[1:3],
}

# Facts that a summary must not pick up.

_ANY = [
    "The {other} from [my older order|order|my earlier order] {order2} is fine[, that is not what I am writing "
    "about|].",
    "My customer number is {customer}[, if that helps|].",
    "I paid {price} [by card|by bank transfer|on the same day].",
    "The parcel label [says|reads] {tracking}.",
    "{agent} of your {department} [already has|has] [the|my] photos.",
    "I spoke to {agent} about it on {other_date}[, who was kind but could not help|, without result].",
    "Order {order2}, the one with the {other}, [has been settled|is a different story and all is well there].",
    "The price was {price}, in case you need to look it up.",
    "[Please do not confuse it with|It has nothing to do with] order {order2}[, which arrived on {other_date}|].",
    "{courier} brought it on {other_date}, [in the pouring rain|before breakfast|while I was out].",
    "My number in your files, {phone}, is [still right|out of date].",
    "In the [confirmation|e-mail] of {other_date} you [called|addressed] me {agent}, [by the way|which is not my "
    "name].",
    "I also have order {order2} with you, and [that one is fine|there everything went well].",
    "On the slip I see a weight of {grams} grams and the initials of {agent}.",
    "Your letter of {other_date} has the reference {customer}.",
    "I [still |]have the receipt for {price}[ from {other_date}|].",
]
_ARRIVED = ("brought", "label", "slip", "photos")
DISTRACTORS = {
    "pending": [line for line in _ANY if not any(word in line for word in _ARRIVED)],
    "late": [line for line in _ANY if not any(word in line for word in _ARRIVED)],
    "ordered": [line for line in _ANY if "photos" not in line],
    "received": _ANY,
}

# How the order comes up. Received: the thing is here. Pending: it is not yet, late: and should be.
# Ordered: nothing is said about that.

SITUATIONS = {
    "ordered": {
        "formal": [
            "I refer to order {order}, placed on {bought}, for {an_item}.",
            "Please look up order {order} for {an_item}.",
            "On {bought} I ordered {an_item} from you[, order number {order}| under the number {order}].",
            "I am writing about order {order} of {bought}, for which I had chosen {an_item}.",
            "My letter concerns order {order} for {an_item}.",
        ],
        "chatty": [
            "Remember order {order}? I had asked for {an_item}.",
            "You may recall order {order} for {an_item}.",
            "I ordered {an_item} from you [in {month}|the other week], the order number is {order}.",
            "In {month} I ordered {an_item} for my {relative}, order {order}.",
            "It is about order {order}, for which I had picked {an_item}.",
        ],
        "terse": [
            "Order {order}. Ordered: {an_item}.",
            "Concerns order {order} for {an_item}.",
            "Order {order}, {an_item}.",
            "This is about order {order}, {an_item}.",
            "Re order {order} ({an_item}).",
        ],
        "annoyed": [
            "My order {order} was quite simple: {an_item}.",
            "Let us talk about order {order}, {an_item}.",
            "I ordered {an_item} from you, order {order}, and I am [anything but|not at all] happy.",
            "Order {order}, {an_item}: you would think that is [easy|simple enough].",
            "Once again I have to write about order {order} for {an_item}.",
        ],
        "plain": [
            "In order {order} I ordered {an_item}.",
            "On {bought} I ordered {an_item}. The number is {order}.",
            "I have ordered {an_item} in your shop. The order number is {order}.",
            "I write to you because of order {order}. It was {an_item}.",
            "My order {order} from {bought} was {an_item}.",
        ],
    },
    "received": {
        "formal": [
            "Some time ago I bought {an_item} from your catalogue; the order number is {order}.",
            "With order {order} you sent me {an_item}, and I thank you for the quick delivery.",
            "Please look up order {order} of {bought}, in particular {item}.",
            "On {bought} I ordered {an_item} from you[, order number {order}| under the number {order}].",
            "I am writing about {item} from order {order}, which [I received|came] last {weekday}.",
            "Last {weekday} your parcel with order {order} arrived, and in it {was} {item}.",
            "My letter concerns order {order} of {bought}, namely {item}.",
        ],
        "chatty": [
            "Remember order {order}? That was the one with {item}.",
            "My {relative} unpacked order {order} with me on {weekday}, and out came {item}.",
            "Yesterday was a big day: {item} came, order {order}.",
            "You may know me from order {order}, {item}.",
            "{item} from order {order} [finally |]arrived on {weekday}.",
            "I treated myself to {an_item} [in {month}|the other week], the order number is {order}.",
            "I bought {an_item} for my {relative} from you [in {month}|a while ago], and the order number was {order}.",
            "The postman brought {item} [yesterday|on {weekday}], that was order {order}.",
        ],
        "terse": [
            "Received {an_item}, order {order}.",
            "Concerns {item}, order {order}.",
            "Order {order}, {noun}.",
            "This is about {item} from order {order}.",
            "Order {order}: {item} came on {weekday}.",
            "Re order {order}, {item}.",
        ],
        "annoyed": [
            "I really had other hopes for {item} from order {order}.",
            "Let us talk about order {order} and {item}.",
            "Was there nobody who looked at {item} in order {order} before {it} left your house?",
            "I ordered {an_item} from you, order {order}, and I am [anything but|not at all] happy.",
            "Order {order}, {item}: [what a disappointment|I am fed up].",
            "It is about {item} from order {order} again.",
            "I waited {count} weeks for {item} from order {order}, and [for what?|look what I got!]",
        ],
        "plain": [
            "My order {order} is here, thank you. It is about {item}.",
            "You sent me {an_item} with order {order}.",
            "In my order {order} {was} {an_item}.",
            "I have bought {an_item} in your shop. The order number is {order}.",
            "I write to you because of {item} from order {order}.",
            "On {weekday} I got {item} from order {order}.",
            "I have a problem with {item}. It is order {order}.",
        ],
    },
    "pending": {
        "formal": [
            "I refer to my order {order}, placed on {bought}.",
            "Since {bought} I have had an order with you under the number {order}, for {an_item}.",
            "It concerns {an_item}, which I ordered under the number {order}.",
            "On {bought} I placed order {order} with you, [for {an_item}|which includes {an_item}].",
            "I am writing about order {order}, which has not arrived yet.",
            "My letter concerns order {order} of {bought} for {an_item}.",
            "You confirmed my order {order} on {bought}.",
        ],
        "chatty": [
            "You should have my order {order} on the pile: {an_item}.",
            "I clicked on {an_item} at midnight, and that became order {order}.",
            "Order {order} with {item} is on its way to being sent, I think.",
            "I ordered {an_item} [on {weekday}|the other night], order {order}.",
            "It is about my order {order}, the one with {item}.",
            "I have just put in order {order} for {an_item}.",
            "A few days ago I ordered {an_item} for my {relative}, and the number is {order}.",
        ],
        "terse": [
            "Concerns order {order}, {an_item}.",
            "My order: {order}.",
            "Order {order}, not here yet.",
            "This is about order {order} of {bought}.",
            "Re order {order}.",
            "Order {order} ({noun}).",
        ],
        "annoyed": [
            "Order {order} from {bought} is still with you, I suppose.",
            "I am writing about order {order}, and I am losing patience.",
            "Let us talk about order {order}.",
            "I placed order {order} on {bought}, and nothing goes as it should.",
            "Once again I have to write about order {order}.",
            "Order {order} for {an_item} is [giving me grey hair|a never-ending story].",
        ],
        "plain": [
            "I am waiting for my order {order}. It is {an_item}.",
            "My order has the number {order}. It is not here yet.",
            "I have ordered {an_item} in your shop. The number is {order}.",
            "I write because of my order {order}.",
            "My order {order} is from {bought}.",
            "I have a question about order {order} with {item}.",
        ],
    },
}

_LEAVES_YOU = ("just put", "pile", "on its way", "the other night", "A few days", "with you, I suppose")
SITUATIONS["late"] = {
    style: [line for line in lines if not any(words in line for words in _LEAVES_YOU)]
    for style, lines in SITUATIONS["pending"].items()
}

# Why: key: (summary, what the customer says). The first group describes the thing, the second the circumstances.

REASONS = {
    "scratched": (
        "{it} arrived scratched",
        [
            "Sadly {it} arrived scratched.",
            "{it} {was} scratched when I [unpacked|opened] the box.",
            "There are [long|deep|ugly] scratches all over {them}.",
            "I found {them} badly scratched.",
        ],
    ),
    "cracked": (
        "{it} arrived cracked",
        [
            "Unfortunately {it} arrived cracked.",
            "{it} {has} a crack [right down the side|as long as my finger].",
            "When I took {them} out of the paper I saw [a crack|cracks].",
            "{it} {was} cracked [before I could use {them} once|on arrival].",
        ],
    ),
    "torn": (
        "{it} arrived torn",
        [
            "{it} arrived torn [at the seam|along one edge].",
            "There is a tear in {them} [as long as my hand|that cannot be mended].",
            "The fabric {was} torn when I unpacked {them}.",
        ],
    ),
    "stained": (
        "{it} arrived stained",
        [
            "{it} arrived stained[, with something like coffee|].",
            "There are [dark|greasy|yellowish] stains on {them}.",
            "I found stains [that do not wash out|on the front], although {it} should be new.",
        ],
    ),
    "smells": (
        "{it} smell{s} of smoke",
        [
            "{it} smell{s} [strongly |badly |]of smoke.",
            "There is a smell of smoke about {them} that will not go away.",
            "Even after {count} days in the fresh air {it} still smell{s} of smoke.",
        ],
    ),
    "faded": (
        "{it} faded in the first wash",
        [
            "{it} faded in the [very |]first wash.",
            "I washed {them} once, in cold water, and the colour faded.",
            "After the first wash {it} {was} faded[ and pale|].",
        ],
    ),
    "dead": (
        "{it} {does} not switch on",
        [
            "{it} {does} not switch on[, whatever I try|].",
            "However often I press the button, {it} will not switch on.",
            "I have tried everything I could think of, but {it} {does} not switch on.",
        ],
    ),
    "noisy": (
        "{it} make{s} a loud noise",
        [
            "{it} make{s} a [terribly |very |]loud noise.",
            "The noise {it} make{s} is [so loud that the cat hides|unbearable].",
            "As soon as I turn {them} on there is a loud [grinding |rattling |]noise.",
        ],
    ),
    "stopped": (
        "{it} stopped working after {count2} weeks",
        [
            "{it} stopped working after {count2} weeks.",
            "After {count2} weeks {it} [suddenly |simply |]stopped working.",
            "For {count2} weeks all was well, then {it} stopped working.",
        ],
    ),
    "wobbly": (
        "{it} wobble{s}",
        [
            "{it} wobble{s} [on every floor|, whatever I put underneath|like a boat].",
            "I put {them} together exactly as described, and {it} wobble{s}.",
            "Nobody dares to [touch|use] {them} because {it} wobble{s}.",
        ],
    ),
    "rusty": (
        "{it} {is} rusty",
        [
            "{it} {is} rusty [already|in several places].",
            "After one night outside {it} {is} rusty.",
            "There is rust [on {them} everywhere|all over {them}].",
        ],
    ),
    "used": (
        "{it} look{s} used",
        [
            "{it} look{s} used, [not new|to be honest].",
            "Someone has clearly used {them} before.",
            "{it} should be new but look{s} used.",
        ],
    ),
    "part_missing": (
        "the {part} is missing",
        [
            "The {part} is missing.",
            "I looked [everywhere|twice], but the {part} is missing.",
            "There was no {part} in the box.",
            "[What is missing is|The box came without] the {part}.",
        ],
    ),
    "part_broken": (
        "the {part} is broken",
        [
            "The {part} is broken.",
            "The {part} broke [on the first day|after {count2} days|in my hands].",
            "I had hardly used {them} when the {part} broke.",
        ],
    ),
    "part_loose": (
        "the {part} is loose",
        [
            "The {part} is loose[ and cannot be fixed|].",
            "The {part} has come loose.",
            "The {part} was loose from the start.",
        ],
    ),
    "part_fit": (
        "the {part} does not fit",
        [
            "The {part} does not fit.",
            "Try as I may, the {part} does not fit.",
            "The {part} you sent is the wrong size and does not fit.",
        ],
    ),
    "picture": (
        "{it} look{s} different from the picture",
        [
            "{it} look{s} [quite |completely |]different from the picture[ in the catalogue| on your web site|].",
            "In the picture {it} looked quite different.",
            "The picture in the catalogue shows something [quite|completely] different.",
        ],
    ),
    "small": (
        "{it} {is} too small",
        [
            "{it} {is} [a little |far |much |]too small.",
            "I measured [again|twice], and {it} {is} too small.",
            "My {relative} tried {them} out: too small.",
        ],
    ),
    "large": (
        "{it} {is} too large",
        [
            "{it} {is} [a little |far |much |]too large.",
            "I measured [again|twice], and {it} {is} too large.",
            "My {relative} tried {them} out: too large.",
        ],
    ),
    "present": (
        "{it} came twice as a present",
        [
            "My {relative} and {friend} had the same idea, so {it} came twice as a present.",
            "On the big day {it} came twice as a present.",
            "As luck would have it, {it} came twice as a present[, and one set is enough|].",
        ],
    ),
    "late": (
        "{it} came too late",
        [
            "{it} came too late[ for the party| for the christening| for the holidays|].",
            "{it} arrived {count} days after the [party|christening|wedding], so too late.",
            "By the time {it} came it was too late[ for what I had in mind|].",
        ],
    ),
    "unneeded": (
        "{it} {is} no longer needed",
        [
            "{it} {is} no longer needed[, I am afraid|].",
            "We no longer need {them}[, as plans have changed|].",
            "My {relative} has [already |]found something else, so we no longer need {them}.",
        ],
    ),
}
CIRCUMSTANCES = {
    "mistake": (
        "it was ordered by mistake",
        [
            "I ordered it by mistake[ on my telephone|].",
            "It was [all |]a mistake: [I pressed the wrong button|my {relative} clicked on the wrong picture].",
            "I only wanted to look and ordered it by mistake.",
        ],
    ),
    "twice": (
        "it was ordered twice",
        [
            "I [have |]ordered it twice[ without noticing|].",
            "My {relative} ordered the same thing, so now we have it twice.",
            "It seems that I ordered it twice.",
        ],
    ),
    "slow": (
        "the delivery takes too long",
        [
            "The delivery takes too long[ for me|].",
            "[Three|Four|Five] weeks of delivery is too long.",
            "Waiting so long for a delivery is not possible for me.",
        ],
    ),
    "cheaper": (
        "it is cheaper elsewhere",
        [
            "I have found it cheaper elsewhere.",
            "The same thing is cheaper [elsewhere|at the shop round the corner].",
            "Elsewhere it is [much |a good deal |]cheaper.",
        ],
    ),
    "move": (
        "of a move",
        [
            "[We are moving|I am moving] [to another town|house] [next week|soon].",
            "[The boxes are packed, because we|We] move next {weekday}.",
            "I have just moved[, and everything is still in boxes|].",
        ],
    ),
    "typo": (
        "of a typing error in the address",
        [
            "There is a typing error in the address.",
            "I made a typing error when I entered the address.",
            "I see now that I mistyped the address[ when I ordered|].",
        ],
    ),
    "away": (
        "of a holiday",
        [
            "We will be on holiday then.",
            "I will be on holiday in {city} [for {count} days|at the time].",
            "[I go|We go] on holiday on {weekday}.",
        ],
    ),
    "work": (
        "nobody is at home during the day",
        [
            "Nobody is at home during the day.",
            "During the day there is nobody at home[ except the cat|].",
            "We both work, so nobody is at home during the day.",
        ],
    ),
    "building": (
        "of building work",
        [
            "There is building work [in our street|in the house] [at the moment|until {weekday}].",
            "The building work [in front of our door|on our house] will block the way.",
            "We have building work going on and no front door.",
        ],
    ),
    "promised": (
        "it was promised for {date2}",
        [
            "It was promised for {date2}.",
            "You promised it for {date2}.",
            "The confirmation promised delivery on {date2}.",
        ],
    ),
    "stuck": (
        "the tracking has not changed since {date2}",
        [
            "The tracking has not changed since {date2}.",
            "Since {date2} nothing has changed in the tracking.",
            "According to the tracking nothing has moved since {date2}.",
        ],
    ),
    "claimed": (
        "{courier} says it was delivered",
        [
            "{courier} says it was delivered, but [nothing is here|I have seen nothing].",
            "It was delivered, says {courier}, [only where|but not to me]?",
            "The driver from {courier} says it was delivered, yet nobody in the house has it.",
        ],
    ),
    "locked": (
        "the account is locked",
        [
            "The account is locked[ after too many attempts|].",
            "The page tells me that my account is locked.",
            "After I mistyped my password, the account was locked.",
        ],
    ),
    "password": (
        "the password e-mail does not arrive",
        [
            "The e-mail with the new password does not arrive.",
            "I asked for a new password [three|four|five] times, but the e-mail does not arrive.",
            "No e-mail with a new password has arrived.",
        ],
    ),
    "address": (
        "the e-mail address has changed",
        [
            "My e-mail address has changed.",
            "I have a new e-mail address[, the old one is closed|].",
            "The old e-mail address is no longer mine.",
        ],
    ),
    "expired": (
        "it is said to have expired",
        [
            "The shop says it has expired.",
            "I am told that it has expired[, although I got it only {count} weeks ago|].",
            "The page claims the voucher has expired.",
        ],
    ),
    "unknown": (
        "the code is unknown",
        [
            "The page says that the code is unknown.",
            "Each time I read that the code is unknown.",
            "The code is unknown, [the page tells me|it says in red letters].",
        ],
    ),
    "redeemed": (
        "it is said to have been used",
        [
            "The page says it has been used[, but not by me|].",
            "I am told that it has been used already.",
            "It has been used, says the shop, [but I never did|and I wonder by whom].",
        ],
    ),
    "card": (
        "the card does not work",
        [
            "My card does not work[ at the moment|].",
            "The page tells me that my card does not work.",
            "I have a new card, and the old card does not work any more.",
        ],
    ),
    "typo_payment": (
        "of a wrong click at the checkout",
        [
            "It was a wrong click at the checkout.",
            "I made a wrong click at the checkout.",
            "One wrong click at the checkout, and it was too late.",
        ],
    ),
    "tax": (
        "the tax office asks for it",
        [
            "The tax office [is asking|asks] for it.",
            "It is [needed |]for the tax office.",
            "I have to show it to the tax office.",
        ],
    ),
    "insurance": (
        "the insurance asks for it",
        [
            "My insurance [is asking|asks] for it.",
            "It is [needed |]for the insurance.",
            "The insurance will not pay without it.",
        ],
    ),
    "employer": (
        "the employer asks for it",
        [
            "My employer [is asking|asks] for it.",
            "It is [needed |]for my employer.",
            "My employer only pays me back if I hand it in.",
        ],
    ),
    "lost": (
        "the original is lost",
        [
            "The original is lost[, I am sorry|].",
            "I have lost the original.",
            "The original got lost [in the move|between two piles of paper].",
        ],
    ),
}

# By when: key: (summary, tail of the request, or a sentence of its own)

DEADLINES = {
    "date": (
        "by {date}",
        ["by {date}", "by {date} at the latest"],
        [
            "I need [this|an answer] by {date}.",
            "It has to be [sorted out|settled] by {date}.",
            "My deadline is {date}.",
        ],
    ),
    "weekday": (
        "by {due}",
        ["by {due}", "by {due} at the latest"],
        ["I need [this|an answer] by {due}.", "It has to be [sorted out|settled] by {due}.", "My deadline is {due}."],
    ),
    "holidays": (
        "before the holidays",
        ["before the holidays", "before the holidays begin"],
        [
            "It should be [sorted out|settled] before the holidays.",
            "The holidays begin soon, and I need this before then.",
        ],
    ),
    "birthday": (
        "before a birthday",
        ["before my {relative2}'s birthday"],
        [
            "My {relative2}'s birthday is coming up, and I need this before then.",
            "It must be before my {relative2}'s birthday.",
        ],
    ),
    "wedding": (
        "before a wedding",
        ["before my {relative2}'s wedding", "before the wedding"],
        [
            "There is a wedding [coming up|in the family], and I need this before then.",
            "It must be before the wedding.",
        ],
    ),
    "urgent": (
        "urgently",
        ["as a matter of urgency", "urgently"],
        ["It is [really |very |]urgent.", "This is [really |very |]urgent."],
    ),
}

# And what else: key: (summary, sentences)

WISHES = {
    "call": (
        "asks for a call back",
        [
            "Please call me back on {phone}.",
            "[Could|Can] someone call me back about this? My number is {phone}.",
            "A call back [on {phone} |]would be best.",
        ],
    ),
    "email": (
        "asks for an answer by e-mail",
        [
            "Please answer by e-mail[, to {email}|].",
            "An e-mail to {email} is the best way to answer.",
            "I would like the answer by e-mail[, not on paper|].",
        ],
    ),
    "post": (
        "asks for an answer by post",
        [
            "Please answer by post[, I have no computer|].",
            "I would like the answer by post.",
            "Send your answer by post[, please|].",
        ],
    ),
    "confirmation": (
        "asks for a confirmation",
        [
            "Please send me a confirmation.",
            "A short confirmation would [be nice|put my mind at rest].",
            "I would like a confirmation [of this|in writing].",
        ],
    ),
    "german": (
        "asks for an answer in German",
        [
            "If you can, please answer in German.",
            "An answer in German would be easier for me.",
            "Please write back in German[ if that is possible|].",
        ],
    ),
    "pickup": (
        "asks for a pick-up at the door",
        [
            "[Can|Could] someone pick {them} up at my door?",
            "I cannot carry {them} to the post office, so please have {them} picked up at the door.",
            "Please have {them} picked up at the door[, the post office is closed|].",
        ],
    ),
    "postage": (
        "wants the postage back",
        [
            "I also want the postage back.",
            "The postage should be paid back as well.",
            "I would like to have the postage back, too.",
        ],
    ),
    "discount": (
        "asks for a discount on the next order",
        [
            "A discount on my next order would be [fair|a nice gesture].",
            "I would also like a discount on the next order.",
            "For all the trouble I ask for a discount on my next order.",
        ],
    ),
    "apology": (
        "expects an apology",
        [
            "I [also |]expect an apology.",
            "An apology would be in order, too.",
            "I have not heard an apology yet and expect one.",
        ],
    ),
    "manager": (
        "wants to speak to a manager",
        [
            "I want to speak to a manager.",
            "Let me speak to a manager [about this|this time].",
            "Otherwise I would like to speak to a manager.",
        ],
    ),
}

# Unlabelled text only: a letter that repeats itself, the shop's replies and notes.

RESTATEMENTS = [
    "To sum up: order {order}, {item}, [and I hope for a quick solution|that is all].",
    "P.S. The order number, once more, is {order}.",
    "P.S. My name again, as it is often misspelt: {name}.",
    "In short, it is order {order}, and the name is {name}.",
    "Once more, so that nothing gets lost: {name}, order {order}, {an_item}.",
    "P.S. Order {order} was placed on {bought}, if you need the date.",
]
REPLIES = [
    "Dear {titled}, thank you for your letter about order {order}. As we understand it, {told}. Our {department} "
    "will [see to it|write to you] by {date}. Please quote {order} in your answer. Kind regards, {agent}, {shop}",
    "Dear {name}, [thank you for your message|we are sorry for the trouble]. You write that {told}. We have passed "
    "this on to the {department}, and {agent} will [call|write to] you on {date}. Your {shop} team",
    "Dear {titled}, we have good news about order {order}: {courier} will be at your door on {date} with {an_item},"
    " and the tracking code is {tracking}. If you cannot be at home on {date}, [tell us|call {phone}]. Kind "
    "regards, {agent}",
    "Dear {titled}, today we have paid {amount} for {item} from order {order} back to you. [It can take {count} "
    "days until you see the {amount} on your statement.|The {amount} should be there by {date}.] Kind regards, "
    "{agent}, {department}",
]
NOTES = [
    "Note for the {department}: {name}, order {order}, {item}. Reason: {reason}. {agent} will ring {phone} on {date}.",
    "Logbook, {date}: {name} rang about order {order}. [It is about|Concerns] {item}. I have told {agent} that "
    "{name} is waiting for an answer.",
    "From the {department}: order {order} ({an_item}) went to {address} with {courier} on {date}, code {tracking}. "
    "{name} has been told that {tracking} is the code.",
    "On the list for {weekday}: {name} ({order}), {an_item}; {friend} ({order2}), {other}. Call {name} first, on "
    "{phone}.",
]
