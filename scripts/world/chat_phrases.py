# SPDX-License-Identifier: Apache-2.0
"""What customers and the support agent say in a chat.

Customers choose freely among the templates; the agent has one sentence for each state of the conversation, in two
registers: (formal, casual), after the customer's. Slots are the facts that the customer has told: {name} as the
customer gave it, {order}, {item}, {colour}, … and {shop}.
"""

from dataclasses import dataclass

REGISTERS = ("formal", "casual")


@dataclass(frozen=True)
class Intent:
    """What a customer wants.

    needs: the facts that the agent asks for, in this order. wants: the customer's words with and without the product.
    sorry: the agent's first words with and without it. done: what the agent does when all is known. bye: farewell.
    All but wants are pairs (formal, casual); an entry of wants may hold [alternatives].
    """

    needs: tuple
    wants: tuple
    sorry: tuple
    done: tuple
    bye: tuple


INTENTS = {
    "refund": Intent(
        ("item", "order", "reason", "pay"),
        (
            (
                "I would like [my money back|a refund] for the {item}.",
                "I am not happy with the {item} and [want a refund|want my money back].",
            ),
            (
                "I would like [my money back|a refund].",
                "I am not happy with what I bought and [want a refund|want my money back].",
            ),
        ),
        (
            ("I am sorry that you are not happy with the {item}.", "Sorry to hear that about the {item}."),
            ("I am sorry that you are not happy with your purchase.", "Sorry to hear that."),
        ),
        (
            "{name}, I will refund the {item} from order {order} {pay}. {after}",
            "All right, {name}, you get the money for the {item} back {pay}. {after}",
        ),
        (
            "I am glad that we could settle the refund, {name}. Goodbye.",
            "No problem, {name}. The refund is on its way, bye!",
        ),
    ),
    "exchange": Intent(
        ("item", "order", "colour", "reason"),
        (
            ("I would like to exchange the {item}.", "Can I swap the {item} for another one?"),
            ("I would like to exchange something.", "Can I swap something for another one?"),
        ),
        (
            ("We will gladly exchange the {item}.", "Sure, we can swap the {item}."),
            ("We will gladly make an exchange.", "Sure, we can swap it."),
        ),
        (
            "{name}, {a_colour} {item} will be sent to you in exchange for the one from order {order}. {after}",
            "Done, {name}, {a_colour} {item} is coming your way. {after}",
        ),
        (
            "I hope that the {colour} {item} will please you, {name}. Goodbye.",
            "Enjoy the {colour} {item}, {name}, bye!",
        ),
    ),
    "missing": Intent(
        ("item", "order", "part", "city"),
        (
            ("Something is missing from the box of the {item}.", "The {item} arrived, but it is not complete."),
            ("Something is missing from my parcel.", "My parcel arrived, but it is not complete."),
        ),
        (
            ("I apologise that the {item} was not complete.", "Oh no, the {item} should be complete."),
            ("I apologise that the parcel was not complete.", "Oh no, it should be complete."),
        ),
        (
            "{name}, we will send the {part} for the {item} to {city} at no cost.",
            "Okay, {name}, the {part} for your {item} goes to {city} today.",
        ),
        ("The {part} will be with you soon, {name}. Goodbye.", "The {part} is on its way, {name}, bye!"),
    ),
    "late": Intent(
        ("order", "city", "courier", "date"),
        (
            ("I am still waiting for the {item}.", "The {item} that I ordered has not come."),
            ("I am still waiting for my parcel.", "My parcel has not come."),
        ),
        (
            ("I apologise for the delay of the {item}.", "Sorry that the {item} is late."),
            ("I apologise for the delay.", "Sorry that it is late."),
        ),
        (
            "{name}, I will ask {courier} where order {order} is, which should have reached {city} on {date}.",
            "I will call {courier} about order {order}, {name}. It should have been in {city} on {date}.",
        ),
        (
            "I hope that {courier} will find the parcel soon, {name}. Goodbye.",
            "Fingers crossed for {courier}, {name}, bye!",
        ),
    ),
    "cancel": Intent(
        ("order", "item", "why"),
        (
            ("I want to cancel my order of the {item}.", "Please stop the order of the {item}."),
            ("I want to cancel an order.", "Please stop an order of mine."),
        ),
        (
            ("I can certainly cancel the order of the {item}.", "Okay, let us stop the {item}."),
            ("I can certainly cancel an order.", "Okay, let us stop it."),
        ),
        (
            "{name}, order {order} for the {item} is cancelled. {after}",
            "Order {order} for the {item} is gone, {name}. {after}",
        ),
        ("Nothing will be charged for order {order}, {name}. Goodbye.", "You pay nothing for it, {name}, bye!"),
    ),
    "address": Intent(
        ("order", "address", "why_moved"),
        (
            ("The {item} should go to another address.", "Can you deliver the {item} to a new address?"),
            ("My order should go to another address.", "Can you deliver my order to a new address?"),
        ),
        (
            ("I will gladly change the address for the {item}.", "Sure, the {item} can go somewhere else."),
            ("I will gladly change the address.", "Sure, it can go somewhere else."),
        ),
        (
            "{name}, order {order} will now be delivered to {address}. {after}",
            "Got it, {name}, order {order} goes to {address}. {after}",
        ),
        ("The parcel will find its way to {address}, {name}. Goodbye.", "See you at {address}, {name}, bye!"),
    ),
    "voucher": Intent(
        ("code", "order", "trouble"),
        (
            ("My voucher does not work for the {item}.", "I cannot use my voucher for the {item}."),
            ("My voucher does not work.", "I cannot use my voucher."),
        ),
        (
            ("I am sorry about the voucher for the {item}.", "Sorry about the voucher for the {item}."),
            ("I am sorry about the voucher.", "Sorry about the voucher."),
        ),
        (
            "{name}, I have taken {{{code}}} off the price of order {order}. {after}",
            "{{{code}}} now counts for order {order}, {name}. {after}",
        ),
        ("I am glad that {{{code}}} has been accepted, {name}. Goodbye.", "Have fun with {{{code}}}, {name}, bye!"),
    ),
    "repair": Intent(
        ("item", "fault", "date", "city"),
        (
            ("The {item} needs a repair.", "Can you repair the {item} that I bought from you?"),
            ("I need a repair.", "Can you repair something that I bought from you?"),
        ),
        (
            ("I regret that the {item} gives you trouble.", "What a pity about the {item}."),
            ("I regret that you need our workshop.", "What a pity."),
        ),
        (
            "{name}, our workshop will repair the {item} of {date}. {after} We collect it in {city}.",
            "Our workshop takes care of the {item}, {name}. {after} We pick it up in {city}.",
        ),
        ("You will have the {item} back soon, {name}. Goodbye.", "The {item} will soon be like new, {name}, bye!"),
    ),
    "invoice": Intent(
        ("order", "item", "email"),
        (
            ("I need the invoice for the {item}.", "Can you send me the bill for the {item} again?"),
            ("I need an invoice.", "Can you send me a bill again?"),
        ),
        (
            (
                "You will gladly receive the invoice for the {item} from us.",
                "Sure, you can have the bill for the {item}.",
            ),
            ("We will gladly send you an invoice.", "Sure, you can have the bill."),
        ),
        (
            "{name}, the invoice of order {order} for the {item} is on its way to {email}.",
            "Here we go, {name}, the bill for the {item} goes to {email}.",
        ),
        (
            "The invoice of order {order} should be in your mailbox, {name}. Goodbye.",
            "Look into your mail for the bill, {name}, bye!",
        ),
    ),
    "buy": Intent(
        ("item", "colour", "count", "city"),
        (
            ("I would like to order some {plural}.", "Can I buy some {plural} here?"),
            ("I would like to order something.", "Can I buy something here?"),
        ),
        (
            ("You are welcome to order {plural} here.", "Great, {plural} are in stock."),
            ("You are welcome to order here.", "Great, you can order here."),
        ),
        (
            "{name}, I have entered your order of {count} {colour} {plural}, to be delivered to {city}.",
            "Done, {name}, {count} {colour} {plural} are going to {city}.",
        ),
        ("We wish you joy with the {plural}, {name}. Goodbye.", "Have fun with the {plural}, {name}, bye!"),
    ),
    "delivery": Intent(
        ("order", "weekday", "spot"),
        (
            ("I will not be at home when the {item} is delivered.", "The {item} should come on another day."),
            ("I will not be at home when my parcel is delivered.", "My parcel should come on another day."),
        ),
        (
            ("We can choose another day for the {item}.", "No problem, the {item} can come another day."),
            ("We can choose another day.", "No problem, it can come another day."),
        ),
        (
            "{name}, order {order} will be delivered on {weekday} and left {spot}.",
            "So {weekday} it is, {name}. Order {order} will be left {spot}.",
        ),
        ("The parcel will arrive on {weekday}, {name}. Goodbye.", "See you on {weekday}, {name}, bye!"),
    ),
    "gift": Intent(
        ("order", "item", "receiver", "colour"),
        (
            ("The {item} is a gift. Can you wrap it?", "Please wrap the {item} as a present."),
            ("My order is a gift. Can you wrap it?", "Please wrap my order as a present."),
        ),
        (
            ("We will gladly wrap the {item}.", "Sure, we can wrap the {item}."),
            ("We will gladly wrap your gift.", "Sure, we can wrap it."),
        ),
        (
            "{name}, the {item} from order {order} will be wrapped in {colour} paper for {receiver}.",
            "The {item} for {receiver} gets {colour} paper, {name}.",
        ),
        ("I hope that {receiver} will like the {item}, {name}. Goodbye.", "Say hello to {receiver}, {name}, bye!"),
    ),
    "label": Intent(
        ("item", "order", "reason", "email"),
        (
            ("I need a label to send the {item} back.", "How do I return the {item}? There was no label."),
            ("I need a return label.", "How do I return something? There was no label."),
        ),
        (
            ("I will gladly send you a label for the {item}.", "You get a label for the {item}."),
            ("I will gladly send you a label.", "You get a label."),
        ),
        (
            "{name}, the return label for order {order} has been sent to {email}. {after}",
            "Check {email}, {name}, the label for the {item} is there. {after}",
        ),
        (
            "We look forward to the return of the {item}, {name}. Goodbye.",
            "Just stick the label on the box, {name}, bye!",
        ),
    ),
    "reserve": Intent(
        ("item", "colour", "phone"),
        (
            (
                "The {item} is sold out. Can you tell me when it is back?",
                "I am looking for the {item}, but it is sold out.",
            ),
            ("What I am looking for is sold out.", "Can you tell me when something is back in stock?"),
        ),
        (
            ("I regret that the {item} is sold out.", "Too bad, the {item} is sold out."),
            ("I regret that it is sold out.", "Too bad that it is sold out."),
        ),
        (
            "{name}, we will call {phone} as soon as the {item} is here in {colour}.",
            "We call {phone} when the {colour} {item} is here, {name}.",
        ),
        (
            "We will put {a_colour} {item} aside for you, {name}. Goodbye.",
            "We keep {a_colour} {item} for you, {name}, bye!",
        ),
    ),
}

# fact: how the customer tells it, also as an answer to a question
TELLS = {
    "name": None,  # see NAMES
    "order": (
        "The order number is {order}.",
        "My order has the number {order}.",
        "It is order {order}.",
        "Order {order}.",
    ),
    "item": ("It is about the {item}.", "I mean the {item}.", "The {item}.", "It was {an_item}."),
    "colour": (
        "I would like it in {colour}.",
        "Please send it in {colour}.",
        "{colour} would be best.",
        "{colour}, if you have it.",
    ),
    "part": (
        "The {part} is missing.",
        "There was no {part} in the box.",
        "I cannot find the {part}.",
        "It came without the {part}.",
    ),
    "city": ("My home is in {city}.", "{city} is where I live.", "In {city}.", "{city}."),
    "courier": (
        "It was sent with {courier}.",
        "{courier} has it, I think.",
        "The mail says {courier}.",
        "It should come with {courier}.",
    ),
    "date": ("On {date}.",),
    "address": ("The new address is {address}.", "Please use {address}.", "It is {address}."),
    "code": ("The code is {{{code}}}.", "On the card I read {{{code}}}.", "It says {{{code}}}."),
    "email": ("My mail address is {email}.", "Please write to {email}.", "It is {email}."),
    "count": ("I need {count} of them.", "I would take {count}.", "{count}, please."),
    "weekday": ("{weekday} would be good.", "I am at home on {weekday}.", "On {weekday}, please."),
    "receiver": ("It is for {receiver}.", "{receiver} will get it.", "For {receiver}."),
    "phone": ("My number is {phone}.", "You can call {phone}.", "It is {phone}."),
}

# fact: {how the customer tells it: (formal, casual) words of the agent that follow from it}
REASONS = {
    "It is [broken|in pieces].": ("As it is broken, you need not send it back.", "It is broken, so just keep it."),
    "It is too small.": (
        "As it is too small, please send it back to us first.",
        "It is too small, so please send it back.",
    ),
    "It is too big.": (
        "As it is too big, please send it back within two weeks.",
        "It is too big, so send it back within two weeks.",
    ),
    "[The colour is wrong.|I do not like the colour.]": ("We apologise for the colour.", "Sorry about the colour."),
    "It came too late.": ("As it came too late, we pay for the postage.", "It came too late, so the postage is on us."),
    "I already have one.": (
        "As you already have one, please pay for the postage yourself.",
        "You have one already, so the postage is yours.",
    ),
    "[It smells bad.|It has a bad smell.]": (
        "The bad smell will be reported to the manufacturer.",
        "We tell the maker about the bad smell.",
    ),
}
WHYS = {
    "I ordered it [by mistake|twice].": ("Such mistakes happen.", "It happens to all of us."),
    "I found it cheaper elsewhere.": ("We will look at our prices.", "We need better prices."),
    "It takes too long.": ("We apologise for the long wait.", "Sorry for the long wait."),
    "I no longer need it.": ("You may order it again at any time.", "Come back any time."),
    "I want [to save money|to spend less].": ("I wish you success with your savings.", "Good luck with saving money."),
}
MOVES = {
    "We have moved.": ("We hope that you like your new home.", "Enjoy the new home."),
    "I am at work all day.": ("Someone will be there to sign for it at work.", "Then you get it at work."),
    "It is for my mother.": ("I am sure that your mother will be pleased.", "Your mother will be happy."),
    "I typed in the wrong street.": ("The wrong street has been deleted.", "The wrong street is gone."),
    "I am on holiday.": ("We wish you a pleasant holiday.", "Have a nice holiday."),
}
TROUBLES = {
    "It says that the code is unknown.": ("The code is no longer unknown.", "Now we know the code."),
    "It says that the code has expired.": ("The code has been extended.", "We made it last longer."),
    "The page does not react.": ("Our web shop team will repair the page.", "Our team looks at the page."),
    "It says that the code has been used.": ("The code can now be used once more.", "You can use it once more."),
    "The price [did not change|stays the same].": (
        "The lower price will be on your invoice.",
        "Your bill shows the lower price.",
    ),
}
FAULTS = {
    "It makes a strange noise.": ("Please describe the noise on a note.", "Put a note about the noise in the box."),
    "It does not [start|work] any more.": ("An electrician will look at it.", "An electrician takes a look."),
    "A screw has come loose.": ("The loose screw will be replaced.", "We swap the loose screw."),
    "It [got wet|fell into the water].": ("Please let it dry before you pack it.", "Let it dry before you pack it."),
    "There is a crack in it.": ("Please wrap it well because of the crack.", "Wrap it well because of the crack."),
}
SPOTS = ("in the garage", "with a neighbour", "behind the house", "at the bakery", "on the balcony", "by the back door")
PAYS = ("to my card", "to my bank account", "as a voucher", "by cheque")
CODED = {"reason": REASONS, "why": WHYS, "why_moved": MOVES, "trouble": TROUBLES, "fault": FAULTS}
TELLS |= {
    "spot": ("Please leave it {spot}.", "You can put it {spot}.", "It can wait {spot}."),
    "pay": ("Please pay it {my_pay}.", "I want it {my_pay}.", "The money should come {my_pay}."),
}

# fact: the agent's question if the product is known, and if it is not
ASKS = {
    "name": (("May I ask for your name?", "And who are you?"),) * 2,
    "order": (
        ("Which order did the {item} belong to?", "What is the order number of the {item}?"),
        ("Would you tell me the number of your order?", "What is your order number?"),
    ),
    "item": (("Which article is it about?", "What did you buy?"),) * 2,
    "colour": (
        ("Which colour would you like for the {item}?", "Which colour for the {item}?"),
        ("Which colour would you like?", "Which colour?"),
    ),
    "part": (("Which part of the {item} is missing?", "What part of the {item} is missing?"),) * 2,
    "city": (("In which city do you live?", "Which city are you in?"),) * 2,
    "courier": (("Which courier was to bring it?", "Who was going to bring it?"),) * 2,
    "date": (
        ("On what date should the {item} have arrived?", "When should the {item} have come?"),
        ("On what date should it have arrived?", "When should it have come?"),
    ),
    "address": (("What is the new address?", "Where should it go?"),) * 2,
    "code": (("What is the code of the voucher?", "What does the code say?"),) * 2,
    "email": (("To which address may we write?", "What is your mail address?"),) * 2,
    "count": (("How many {plural} would you like?", "How many {plural} do you need?"),) * 2,
    "weekday": (("Which day would suit you?", "Which day is good?"),) * 2,
    "receiver": (("For whom is the {item}?", "Who gets the {item}?"),) * 2,
    "phone": (("Under which number can we reach you?", "What is your phone number?"),) * 2,
    "reason": (("What is wrong with the {item}?", "What is up with the {item}?"),) * 2,
    "why": (("May I ask why you no longer want the {item}?", "Why not the {item}?"),) * 2,
    "why_moved": (("May I ask why it should go there?", "Why there?"),) * 2,
    "trouble": (("What happens when you enter the code?", "What happens with it?"),) * 2,
    "fault": (("What is the matter with the {item}?", "What does the {item} do?"),) * 2,
    "spot": (("Where may the courier leave it?", "Where can we leave it?"),) * 2,
    "pay": (("How should we pay you back?", "How do you want the money?"),) * 2,
}

# (intent, fact): instead of what ASKS, TELLS and HEARD have
ASKS_OF = {
    ("repair", "date"): (("On what date did you buy the {item}?", "When did you buy the {item}?"),) * 2,
    ("repair", "city"): (("In which city may we collect the {item}?", "In which city can we pick up the {item}?"),) * 2,
    ("missing", "city"): (("To which city may we send the {part}?", "Where should the {part} go?"),) * 2,
    ("buy", "city"): (("To which city may we deliver the {plural}?", "Where should the {plural} go?"),) * 2,
    ("buy", "colour"): (("Which colour would you like for the {plural}?", "Which colour for the {plural}?"),) * 2,
    ("buy", "item"): (("Which article would you like to order?", "What would you like?"),) * 2,
    ("gift", "colour"): (("Which colour should the paper for {receiver} have?", "What paper does {receiver} like?"),)
    * 2,
    ("reserve", "item"): (("Which article are you looking for?", "What are you looking for?"),) * 2,
    ("reserve", "colour"): (("In which colour would you like the {item}?", "Which colour for the {item}?"),) * 2,
}
TELLS_OF = {
    ("buy", "colour"): ("I would like them in {colour}.", "Please send {colour} ones.", "{colour} would be best."),
    ("repair", "date"): ("I bought it on {date}.", "I have had it since {date}.", "On {date}."),
    ("late", "date"): ("It was promised for {date}.", "It should have come on {date}.", "On {date}."),
    ("gift", "colour"): ("{colour} paper, please.", "Please take {colour} paper.", "{colour} would be best."),
    ("buy", "item"): ("I am thinking of {plural}.", "I would like {plural}.", "{plural}."),
    ("reserve", "item"): ("I am looking for {an_item}.", "I would like {an_item}.", "{an_item}."),
}
HEARD_OF = {
    ("buy", "colour"): ("We have them in {colour}.", "{colour} is nice."),
    ("gift", "colour"): ("We have paper in {colour}.", "{colour} paper, okay."),
    ("buy", "item"): ("We have {plural}.", "{plural}, great."),
    ("reserve", "item"): ("We had the {item} until lately.", "The {item}, okay."),
}
# In a label's chat it cannot be broken: what is broken need not be sent back.
NOT_OF = {"label": ("It is [broken|in pieces].",), "exchange": ("It came too late.", "I already have one.")}

# fact: the agent's words on hearing it
HEARD = {
    "name": ("Thank you, {name}.", "Thanks, {name}."),
    "order": ("Thank you, I have found order {order}.", "Thanks, I see order {order}."),
    "item": ("So it is about the {item}.", "The {item}, okay."),
    "colour": ("We have it in {colour}.", "{colour} is nice."),
    "part": ("The {part} should have been there.", "No {part}, I see."),
    "city": ("I have noted {city}.", "{city}, okay."),
    "courier": ("So {courier} has the parcel.", "{courier}, okay."),
    "date": ("I have noted {date}.", "{date}, okay."),
    "address": ("I have noted {address}.", "{address}, okay."),
    "code": ("I have noted {{{code}}}.", "{{{code}}}, okay."),
    "email": ("I have noted {email}.", "Okay, {email}."),
    "count": ("We have {count} of them.", "{count}, okay."),
    "weekday": ("On {weekday} there is still room.", "{weekday} works."),
    "receiver": ("{receiver} will be glad.", "Lucky {receiver}."),
    "phone": ("I have noted {phone}.", "{phone}, okay."),
    "reason": ("I understand.", "I see."),
    "why": ("I understand.", "I see."),
    "why_moved": ("I understand.", "I see."),
    "trouble": ("I understand.", "I see."),
    "fault": ("I understand.", "I see."),
    "spot": ("The courier will leave it {spot}.", "We leave it {spot}."),
    "pay": ("We will pay {pay}.", "You get it {pay}."),
}

HELLOS = {
    "formal": ("Good day.", "Good morning.", "Good evening.", "Dear support team,", "Dear Sir or Madam,"),
    "casual": ("Hi!", "Hey there!", "Hello!", "Hi,", "Hello,"),
}
NAMES = {
    "formal": ("My name is {name}.", "This is {name}.", "You are speaking to {name}."),
    "casual": ("I am {name}.", "It's {name}.", "{name} here."),
}
ANSWERS = {"formal": ("", "", "", "Certainly.", "Of course."), "casual": ("", "", "Sure.", "Oh, right.")}
ASIDES = {
    "formal": (
        "",
        "",
        "",
        "I have been a customer for {years} years.",
        "I hope that you can help me.",
        "The weather is dreadful today.",
    ),
    "casual": ("", "", "", "Your shop is great, by the way.", "I hope you can help.", "My dog is barking, sorry."),
}

# what customers ask when all is done: (their words, facts that it needs, (formal, casual) reply)
FOLLOWUPS = {
    "repeat": (
        (
            "Which order number have you noted?",
            "Can you repeat the order number?",
            "Do you have the right order number?",
        ),
        ("order",),
        ("I have noted order {order} for {name}.", "It is {order}, {name}."),
    ),
    "product": (
        ("Which article have you noted?", "Do you remember what it is about?", "And it is the right article?"),
        ("item", "order"),
        ("It is the {item} from order {order}, {name}.", "The {item} from {order}, {name}."),
    ),
    "recolour": (
        ("I have changed my mind, {new} would be better.", "Can I have {new} instead?", "Please make it {new}."),
        ("colour",),
        ("I have changed the colour from {colour} to {new}, {name}.", "{new} instead of {colour}, no problem, {name}."),
    ),
    "confirm": (
        (
            "Please send a confirmation to {extra_email}.",
            "Can you confirm it to {extra_email}?",
            "I would like that in writing, at {extra_email}.",
        ),
        (),
        (
            "The confirmation of the {matter} will be sent to {extra_email}.",
            "A note about the {matter} goes to {extra_email}.",
        ),
    ),
    "town": (
        ("Have you got my city?", "Which city have you noted?", "And you have the right city?"),
        ("city",),
        ("I have noted {city} as your city, {name}.", "It is {city}, {name}."),
    ),
    "callback": (
        (
            "If there is a problem, call {extra_phone}.",
            "You can reach me under {extra_phone}.",
            "My number for questions is {extra_phone}.",
        ),
        (),
        (
            "If there is a question about the {matter}, we will call {extra_phone}.",
            "We call {extra_phone} if there is news about the {matter}.",
        ),
    ),
    "gift_code": (
        (
            "I also have the voucher {{{extra_code}}}.",
            "Can I use {{{extra_code}}} as well?",
            "There is a voucher, too: {{{extra_code}}}",
        ),
        ("item",),
        (
            "I have added the voucher {{{extra_code}}} for the {item}, {name}.",
            "{{{extra_code}}} now counts for the {item}, {name}.",
        ),
    ),
    "day": (
        ("On which day was that again?", "What day have you noted?", "You do have the day, do you?"),
        ("weekday",),
        ("I have noted {weekday} for order {order}.", "It is {weekday} for {order}."),
    ),
    "sum": (
        ("Please sum it all up.", "Can you list what you have noted?", "What have you got so far?"),
        (),
        None,
    ),
}
MATTERS = {
    **{
        matter: matter for matter in ("refund", "exchange", "repair", "invoice", "delivery", "gift", "label", "voucher")
    },
    "missing": "missing part",
    "late": "late parcel",
    "cancel": "cancellation",
    "address": "new address",
    "buy": "purchase",
    "reserve": "reservation",
}
THANKS = {
    "formal": ("Thank you, that was all.", "Thank you very much for your help.", "That is all. Thank you and goodbye."),
    "casual": ("Great, thanks!", "Thanks, bye!", "That's all, cheers!"),
}
NOTED = {"formal": "This is what I have noted:", "casual": "Here is my list:"}
FIELDS = {
    "name": "Name",
    "order": "Order",
    "item": "Article",
    "colour": "Colour",
    "count": "Number",
    "part": "Missing",
    "code": "Voucher",
    "courier": "Courier",
    "date": "Date",
    "weekday": "Day",
    "city": "City",
    "address": "Address",
    "email": "Mail",
    "phone": "Phone",
    "receiver": "For",
}
FORM_INTROS = {
    "formal": ("Here is my form:", "I have filled in your form:", "These are the details:"),
    "casual": ("My form:", "Here you go:", "All the facts:"),
}
SYSTEMS = (
    "You are a support agent of {shop}.",
    "You are a support agent of {shop}. The customer is {name}.",
    "You answer for {shop}, a mail-order shop. The customer is called {name}.",
)
