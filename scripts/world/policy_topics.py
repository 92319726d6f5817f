# SPDX-License-Identifier: Apache-2.0
"""What a policy or a manual can state, and what can be asked about it.

KINDS holds, for each kind of fact, the questions with the slot {ask}, and the topics:

    section // what is asked
      a sentence that states it
      another way to state it

Slots: {v} the fact, which is the answer; {thing} {things} {a_thing} a product that the line is about, of which a text
may tell two ("Mugs …, teapots …"); {item} the product of a manual; {part} one of its parts; {city}, {desk} a
department; {d2} another date. Sections of policies are returns, shipping, payment, warranty and service; those of
manuals are any, wash, electric, furniture and dish, after the products that they fit.
"""

import re

POLICY = ("returns", "shipping", "payment", "warranty", "service")
MANUAL = ("any", "wash", "electric", "furniture", "dish")


def lines(text):
    """The topics of a kind as tuples (section, ask, statements)."""
    for block in re.split(r"\n(?! )", text.strip()):
        head, *statements = block.splitlines()
        section, ask = head.split(" // ")
        yield section, ask, tuple(statement.strip() for statement in statements)


LIMIT = """
returns // send {a_thing} back
  {things} may be returned within {v} of delivery.
  If you do not like {a_thing}, return it within {v}.
returns // exchange {a_thing} for another one
  {things} can be swapped for {v} after delivery.
  The exchange of {a_thing} is possible for {v}.
returns // cancel an order
  An order may be withdrawn without giving reasons within {v}.
  Our customers have {v} to withdraw an order.
returns // report a damaged parcel
  Damage to a parcel must be reported within {v}.
  Please tell us within {v} if a parcel has been damaged on its way.
returns // complain about a missing part
  If a part is missing, let us know within {v}.
  Missing parts can be claimed for {v}.
shipping // pick up a parcel at the parcel shop
  A parcel shop keeps a parcel for {v} before it goes back to us.
  Parcels wait for you in the parcel shop for {v}.
shipping // change the delivery address
  A new delivery address can be given up to {v} after the order.
  We accept another delivery address for {v} after the order.
payment // pay a bill
  Invoices are due within {v}.
  Please settle an invoice within {v} of its date.
payment // redeem a gift voucher
  Gift vouchers lose their value after {v}.
  A gift voucher can be used for {v}.
payment // use a discount code
  Discount codes expire after {v}.
  A discount code works for {v} only.
warranty // accept an estimate for a repair
  We hold an estimate for a repair for {v}.
  An estimate for a repair stays valid for {v}.
warranty // send in the warranty card
  The warranty card must reach us within {v} of the purchase.
  Post the warranty card within {v}, or it is void.
warranty // claim the warranty for {a_thing}
  The warranty for {a_thing} ends after {v}.
  {things} are under warranty for {v}.
service // ask for a copy of an invoice
  Copies of invoices are kept for {v}.
  We can print an invoice again for {v} after the purchase.
"""

DURATION = """
returns // a refund
  The money is back in your account {v} after we receive the goods.
  Refunds are paid {v} after the parcel reaches us.
returns // a return label
  Return labels are posted and arrive after {v}.
  A return label reaches you by post after {v}.
shipping // a delivery to {city}
  Parcels to {city} are on their way for {v}.
  Orders for {city} arrive after {v}.
shipping // an express delivery
  Express orders arrive after {v}.
  With the express service, a parcel is there after {v}.
shipping // the delivery of {a_thing}
  {things} come straight from the workshop and are delivered after {v}.
  {a_thing} is made to order and arrives after {v}.
payment // a gift voucher by post
  Gift vouchers are printed and posted; they arrive after {v}.
  Paper gift vouchers reach you after {v}.
warranty // a repair
  Our workshop repairs an article within {v}.
  A repaired article is sent back after {v}.
warranty // an estimate for a repair
  Estimates for repairs are written within {v}.
  The workshop draws up an estimate for a repair within {v}.
warranty // a spare part for {a_thing}
  Spare parts for {a_thing} are sent within {v}.
  Those who need a spare part for {a_thing} receive it after {v}.
service // an answer to a letter
  Letters are answered within {v}.
  Whoever writes us a letter receives a reply after {v}.
service // an answer to an e-mail
  We reply to e-mails within {v}.
  E-mails are answered after {v}.
service // a printed catalogue
  The catalogue is posted free of charge and arrives after {v}.
  If you order the catalogue, it comes after {v}.
"""

DESK = """
returns // checks returned goods
  Goods that come back are inspected by {v}.
  Every return is looked at by {v}.
returns // sends return labels
  Return labels are issued by {v}.
  For a return label, please turn to {v}.
returns // decides on refunds
  Refunds are approved by {v}.
  Whether money is refunded is a matter for {v}.
shipping // looks for lost parcels
  Parcels that do not arrive are traced by {v}.
  If a parcel is lost, {v} will search for it.
shipping // packs the parcels
  Parcels are packed by {v}.
  The packing is done by {v}.
shipping // plans the delivery of {a_thing}
  The delivery of {a_thing} is arranged by {v}.
  The date for the delivery of {a_thing} is set by {v}.
payment // corrects wrong invoices
  If an invoice is wrong, it is put right by {v}.
  Mistakes in an invoice are corrected by {v}.
payment // answers questions about vouchers
  Questions about vouchers go to {v}.
  If a voucher is not accepted, write to {v}.
warranty // mends {a_thing}
  A broken {thing} is mended by {v}.
  Repairs of {things} are done by {v}.
warranty // sells spare parts
  Spare parts are sold by {v}.
  Spare parts can be had from {v}.
service // deals with complaints
  Complaints are handled by {v}.
  If you wish to complain, write to {v}.
service // changes an address
  A change of address is entered by {v}.
  Please report a change of address to {v}.
service // handles the catalogue
  The catalogue is posted by {v}.
  You can ask for the catalogue at {v}.
"""

PERSON = """
returns // is responsible for returns
  {v} is in charge of returns.
  All returns go through the hands of {v}.
shipping // plans the tours to {city}
  Tours to {city} are planned by {v}.
  The drivers for {city} get their plan from {v}.
payment // signs the gift vouchers
  Gift vouchers bear the signature of {v}.
  Every gift voucher is signed by {v}.
payment // checks the invoices
  Invoices are checked by {v} before they are sent.
  {v} looks through the invoices.
warranty // heads the repair workshop
  The head of the repair workshop is {v}.
  {v} has led the repair workshop for {count} years.
warranty // knows about spare parts for {a_thing}
  Anyone who needs a spare part for {a_thing} should ask for {v}.
  {v} keeps the spare parts for {things}.
warranty // repairs {things}
  {things} are repaired by {v}.
  For the repair of {a_thing}, our expert is {v}.
service // answers calls on {weekday}s
  On {weekday}s the telephone is answered by {v}.
  If you call on a {weekday}, you will speak to {v}.
service // looks after customers in {city}
  Customers in {city} are looked after by {v}.
  Your contact in {city} is {v}.
service // reads the complaints
  Every complaint is read by {v}.
  {v} takes care of complaints.
any // wrote this manual
  This manual was written by {v}.
  {v} is the author of this manual.
any // designed the {item}
  The {item} was designed by {v}.
  The shape of the {item} goes back to {v}.
any // tested the {item}
  The {item} has been tested by {v}.
  Before the sale, {v} tried out the {item} for a year.
"""

ENCLOSE = """
returns // when I return {a_thing}
  {things} are taken back only together with {v}.
  When {a_thing} comes back, we ask for {v}.
returns // when I send back a gift
  For gifts that come back, add {v}.
  A gift that is returned must come with {v}.
returns // when I report damage
  A report of damage must contain {v}.
  To report damage, send us {v}.
returns // when I want a refund
  Money is refunded against {v}.
  Refunds can be paid only if we have {v}.
shipping // when I ask about a lost parcel
  To trace a lost parcel, we need {v}.
  Whoever misses a parcel should send {v}.
payment // when I complain about an invoice
  If you object to an invoice, send {v}.
  Complaints about an invoice should come with {v}.
payment // when I pay with a voucher
  Payment with a voucher requires {v}.
  Those who pay with a voucher must also send {v}.
warranty // when I claim the warranty
  A warranty claim is accepted only with {v}.
  For a claim under warranty, add {v}.
warranty // when I send in {a_thing} for repair
  If {a_thing} needs a repair, pack it with {v}.
  The workshop repairs {a_thing} only if it comes with {v}.
warranty // when I order a spare part
  Orders of spare parts must include {v}.
  To find the right spare part, we need {v}.
service // when I change my name
  A change of name is entered once we have {v}.
  If your name changes, send us {v}.
"""

PAYER = """
returns // the postage of a return
  The postage of a return is paid by {v}.
  When goods are sent back, the postage is a matter for {v}.
returns // the return of a faulty article
  For faulty articles, the way back is paid by {v}.
  If an article is faulty, its return costs are borne by {v}.
returns // the collection of {a_thing}
  When {a_thing} is collected, the bill goes to {v}.
  The collection of {a_thing} is charged to {v}.
shipping // a second attempt at delivery
  If nobody is at home, a second attempt is charged to {v}.
  A second attempt at delivery is paid by {v}.
shipping // the insurance of a parcel
  The insurance of parcels is covered by {v}.
  Parcels are insured at the expense of {v}.
shipping // the customs duties
  Customs duties are borne by {v}.
  If customs duties are due, they are paid by {v}.
shipping // a lost parcel
  If a parcel is lost, the damage is paid by {v}.
  Lost parcels are replaced at the expense of {v}.
payment // the fees of a bank transfer
  The fees of a bank transfer are taken on by {v}.
  For a bank transfer, the fees fall to {v}.
payment // a reminder
  The cost of a reminder is borne by {v}.
  Reminders are charged to {v}.
warranty // an estimate for a repair
  The estimate for a repair is paid by {v}.
  If there is an estimate for a repair, it is charged to {v}.
warranty // the repair of {a_thing}
  The repair of {a_thing} is paid by {v}.
  For the repair of {a_thing}, the bill goes to {v}.
service // calls to the shop
  Calls to the shop are paid by {v}.
  The cost of calls to the shop is borne by {v}.
"""

COST = """
returns // the collection of {a_thing}
  We collect {a_thing} at your door for {v}.
  If {a_thing} is too heavy for the post, we fetch it for {v}.
returns // a return without a label
  Returns that come without a label cost {v}.
  If the label is missing on a return, we charge {v}.
shipping // a parcel to {city}
  Parcels to {city} are sent for {v}.
  For a parcel to {city}, we charge {v}.
shipping // an express delivery
  Express deliveries are {v} extra.
  Whoever is in a hurry gets an express delivery for {v}.
shipping // delivery on a {weekday}
  A delivery on a {weekday} is {v} dearer.
  On a {weekday}, the courier comes for {v}.
shipping // gift wrapping
  We wrap an order as a gift for {v}.
  Gift paper and a ribbon cost {v}.
payment // a reminder
  The first reminder costs {v}.
  With a reminder, {v} is added to the bill.
payment // a copy of an invoice
  For a copy of an invoice, we ask {v}.
  An invoice is printed again for {v}.
warranty // an estimate for a repair
  The workshop draws up an estimate for {v}.
  An estimate for a repair is charged at {v}.
warranty // a longer warranty for {a_thing}
  The warranty for {a_thing} can be extended for {v}.
  A longer warranty for {a_thing} is sold at {v}.
warranty // an inspection of {a_thing}
  The workshop inspects {a_thing} for {v}.
  Have {a_thing} inspected for {v}.
service // the assembly of {a_thing}
  We assemble {a_thing} in your home for {v}.
  {a_thing} can be put together by our staff for {v}.
any // a new {part}
  A new {part} is available for {v}.
  If the {part} is worn out, buy another one for {v}.
any // a bag for the {item}
  A bag that fits the {item} is sold at {v}.
  There is a bag for the {item}, for {v}.
electric // a second battery for the {item}
  A second battery for the {item} is sold at {v}.
  For {v}, there is a second battery for the {item}.
"""

THRESHOLD = """
shipping // delivery is free
  From {v}, we deliver free of charge.
  There is no charge for delivery from {v}.
shipping // the parcel is insured
  Orders of {v} or more are insured.
  Parcels are insured from {v}.
shipping // a signature is needed
  From {v}, the courier asks for a signature.
  A signature is asked for if the goods cost {v} or more.
payment // payment by invoice is possible
  We send an invoice for orders from {v}.
  You can pay by invoice from {v}.
payment // payment in instalments is possible
  Instalments are offered from {v}.
  You may pay in instalments if the sum is {v} or more.
payment // a free gift is included
  From {v}, you will find a free gift in the parcel.
  A free gift goes with orders of {v} or more.
payment // a voucher is accepted
  Vouchers are taken from {v}.
  A voucher can be used with orders of {v} or more.
service // gift wrapping costs nothing
  From {v}, gift wrapping is free.
  Gift wrapping is free with orders of {v} or more.
"""

UNTIL = """
returns // can gifts be exchanged
  Gifts may be exchanged until {v}.
  We exchange gifts bought after {d2} until {v}.
returns // can I return {a_thing} from the sale
  {things} from the sale are taken back until {v}.
  Return {a_thing} from the sale by {d2} for money or by {v} for a voucher.
shipping // is delivery free
  Delivery is free from {d2} to {v}.
  We do not charge for delivery until {v}.
shipping // is the shop in {city} closed
  The shop in {city} is closed from {d2} to {v}.
  In {city}, our doors stay shut until {v}.
payment // do the old prices apply
  The old prices hold until {v}.
  We keep to the old prices until {v}.
payment // is the voucher valid
  The voucher may be used until {v}.
  The voucher, printed on {d2}, is valid until {v}.
payment // does the offer for {things} last
  {things} are on offer from {d2} to {v}.
  The offer for {things} runs until {v}.
warranty // are spare parts for {a_thing} sold
  Spare parts for {a_thing} are sold until {v}.
  We stock spare parts for {a_thing} until {v}.
warranty // is the workshop on holiday
  The workshop is on holiday from {d2} to {v}.
  There are no repairs until {v}, as the workshop is on holiday.
service // does the winter sale run
  The winter sale lasts from {d2} to {v}.
  The winter sale goes on until {v}.
service // can I win {a_thing}
  Whoever writes to us by {v} can win {a_thing}.
  Cards for the prize, {a_thing}, are accepted until {v}.
"""

SINCE = """
returns // does this policy apply
  This policy applies from {v}.
  This policy is in force from {v}; the next one will follow on {d2}.
shipping // are {things} sent out
  {things} are sent out from {v}.
  We send out {things} from {v}, not from {d2} as printed.
shipping // is the shop in {city} open
  The shop in {city} opens on {v}.
  In {city}, we welcome you from {v}.
payment // do the new prices apply
  The new prices hold from {v}.
  We charge the new prices from {v}.
payment // can I pay by telephone
  Payment by telephone is possible from {v}.
  From {v}, we accept payment by telephone.
warranty // does the workshop take {things}
  The workshop takes {things} from {v}.
  Bring {a_thing} to the workshop from {v}.
service // can I order the new catalogue
  The new catalogue may be ordered from {v}.
  The new catalogue is printed and can be had from {v}.
service // does the summer sale run
  The summer sale lasts from {v} to {d2}.
  The summer sale begins on {v}.
service // is the telephone answered on {weekday}s
  On {weekday}s, the telephone is answered from {v}.
  Call us on {weekday}s, too, from {v}.
"""

DEGREES = """
wash // wash the {item}
  Wash at {v}, with like colours.
  The washing machine should be set to {v}.
wash // iron the {item}
  Ironing is possible at {v}.
  Iron it from the inside at {v}.
wash // dry the {item}
  In the tumble dryer, choose {v}.
  Dry at no more than {v}.
dish // use the {item} in the oven
  In the oven, it stands up to {v}.
  It is safe in ovens of up to {v}.
dish // rinse the {item}
  In the dishwasher, choose a programme of {v}.
  Rinse it at {v}.
dish // warm the {item}
  Warm it slowly to {v}.
  It may be warmed to {v} before use.
electric // charge the {item}
  Charge the battery in rooms of up to {v}.
  While it charges, the room must not be warmer than {v}.
electric // run the {item}
  It runs safely at up to {v}.
  A fuse stops it above {v}; it runs up to that point.
any // store the {item}
  Store it below {v}.
  In storage, it should never be warmer than {v}.
any // clean the {item}
  Cleaning is done with water of {v}.
  Clean it with water of no more than {v}.
"""

TOOL = """
wash // remove stains from the {item}
  Stains come out with {v}.
  Rub stains with {v}.
dish // clean the {item}
  It is best cleaned with {v}.
  For cleaning, take {v}.
dish // polish the {item}
  A shine returns with {v}.
  Polish it with {v} only.
electric // wipe the {item}
  Pull the plug and wipe it with {v}.
  Wipe the outside with {v}.
electric // open the battery case
  The battery case is opened with {v}.
  Open the battery case with {v}.
furniture // assemble the {item}
  For the assembly, have {v} at hand.
  You put it together with {v}.
furniture // tighten the screws
  Tighten the screws with {v}.
  Screws are tightened with {v}.
furniture // treat the wood
  The wood likes to be treated with {v}.
  Treat the wood with {v}.
any // clean the {part}
  The {part} is cleaned with {v}.
  Clean the {part} with {v}.
electric // remove the {part}
  The {part} comes off with {v}.
  To take off the {part}, use {v}.
furniture // repair a scratch
  A scratch disappears with {v}.
  Scratches are repaired with {v}.
"""

OFTEN = """
wash // wash the {item}
  Washing is recommended {v}.
  It should be washed {v}.
wash // air the {item}
  It should be aired {v}.
  Hang it out in the fresh air {v}.
dish // clean the {item}
  It must be cleaned {v}.
  Cleaning is due {v}.
electric // charge the battery
  The battery has to be charged {v}.
  Charge the battery {v}.
electric // clean the contacts
  The contacts must be cleaned {v}.
  Rub the contacts clean {v}.
furniture // check the screws
  The screws need a check {v}.
  Check all screws {v}.
furniture // oil the wood
  The wood should be oiled {v}.
  Rub oil into the wood {v}.
any // change the {part}
  The {part} must be replaced {v}.
  A fresh {part} is needed {v}.
any // dust the {item}
  Dust should be wiped off {v}.
  Dust it {v}.
any // have the {item} inspected
  An inspection is due {v}.
  The workshop should inspect it {v}.
"""

NUMBER = """
electric // batteries are needed for the {item}
  It runs on {v} batteries.
  Insert {v} batteries with the plus sign up.
electric // settings can be chosen
  There is a choice of {v} settings.
  A knob lets you switch among {v} settings.
electric // buttons are on the {item}
  The front has {v} buttons.
  It is worked with {v} buttons.
furniture // screws come with the {item}
  The carton holds {v} screws.
  You will find {v} screws in a bag.
furniture // wooden pegs come with the {item}
  With it come {v} wooden pegs.
  The bag contains {v} wooden pegs.
furniture // people are needed to assemble the {item}
  The assembly takes {v} people.
  It should be put together by {v} people.
wash // washes are possible before the colour fades
  The colour stays fresh for {v} washes.
  Only after {v} washes does the colour fade.
dish // pieces make a set
  A set is made of {v} pieces.
  There are {v} pieces in a set.
any // languages are used in this manual
  The text is printed in {v} languages.
  You can read this manual in {v} languages.
furniture // steps are necessary for the assembly
  The assembly is done in {v} steps.
  Follow the {v} steps of the assembly.
any // pictures are in this manual
  This manual has {v} pictures.
  Look at the {v} pictures in this manual.
furniture // spare screws are in the bag
  The bag holds {v} spare screws.
  In the bag are {v} spare screws.
any // pages are in this manual
  This manual has {v} pages.
  Leaf through the {v} pages of this manual.
any // colours are offered
  It is sold in {v} colours.
  You can have it in {v} colours.
"""

LOAD = """
furniture // the {item}
  It carries up to {v}.
  Do not load it with more than {v}.
furniture // each shelf
  Each shelf bears {v}.
  You may put {v} on each shelf.
furniture // the top
  The top holds {v}.
  Place no more than {v} on the top.
dish // the {item}
  It holds {v} at the most.
  It is made for a load of {v}.
furniture // the wall hook
  A wall hook for {v} is included.
  The wall hook carries {v}.
any // the bag
  The bag that comes with it takes up to {v}.
  You can carry up to {v} in the bag.
any // the handle of the carton
  The handle of the carton holds {v}.
  Lift no more than {v} by the handle of the carton.
any // the carton
  The carton takes a load of {v}.
  Stack no more than {v} on the carton.
"""

MINUTES = """
electric // does the {item} run on a full battery
  A full battery lasts for {v}.
  It runs for {v} before the battery is empty.
electric // does the battery take to charge
  The battery is full after {v}.
  Charging the battery takes {v}.
electric // should the {item} cool down
  Let it cool down for {v}.
  It must cool down for {v} before you clean it.
wash // should the {item} soak
  Soak it in cold water for {v}.
  Before the wash, it should soak for {v}.
wash // should the {item} stay in the dryer
  In the dryer, {v} will do.
  Take it out of the dryer after {v}.
dish // should the {item} stand in water
  Let it stand in water for {v} before use.
  Before the first use, cover it with water for {v}.
furniture // does the assembly take
  The assembly is done in {v}.
  Allow {v} for the assembly.
furniture // must the glue dry
  The glue is dry after {v}.
  Give the glue {v} to dry.
any // should the {item} air before use
  Let it air for {v} before use.
  Unpack it and let it air for {v} before you use it.
any // does the film about the {item} last
  A film of {v} shows how it works.
  On our web site, a film of {v} explains it.
"""

PART = """
any // a new {part}
  The {part} is listed under {v}.
  For the {part}, the number is {v}.
any // another manual
  This manual has the number {v}.
  Another manual is sent if you quote {v}.
any // a gift box
  Gift boxes are listed under {v}.
  For a gift box, the number is {v}.
any // a new carton
  The carton is listed under {v}.
  For the carton, the number is {v}.
furniture // a bag of screws
  A bag of screws has the number {v}.
  Screws are sold in bags under {v}.
electric // a spare battery
  A spare battery is listed under {v}.
  For a spare battery, quote {v}.
electric // a charging cable
  The charging cable has the number {v}.
  If the charging cable breaks, order {v}.
wash // a patch for the {item}
  Patches are listed under {v}.
  For a patch of the same cloth, quote {v}.
dish // a matching lid
  A matching lid is listed under {v}.
  The lid that matches has the number {v}.
furniture // felt pads
  Felt pads are listed under {v}.
  Felt pads for the floor have the number {v}.
"""

PHONE = """
returns // the {desk}
  The {desk} can be called under {v}.
  If you want to speak to the {desk}, dial {v}.
shipping // the shop in {city}
  The shop in {city} answers under {v}.
  In {city}, you can call {v}.
shipping // the driver
  The driver carries a telephone: {v}.
  On the day of delivery, the driver can be called under {v}.
payment // the bank
  Our bank answers under {v}.
  If there is trouble with a card, call the bank under {v}.
warranty // the expert for {things}
  Our expert for {things} answers under {v}.
  For advice on {things}, dial {v}.
service // the night service
  At night, please call {v}.
  The night service is there for you under {v}.
service // the manager
  The manager takes calls under {v}.
  If nobody could help you, call the manager under {v}.
any // the help line
  The help line is open all week under {v}.
  If you need help, call {v}.
"""

ADDRESS = """
returns // a return
  Returns go to {v}.
  Please send returns to {v}.
returns // {a_thing} that does not fit
  If {a_thing} does not fit, send it to {v}.
  {things} that do not fit go to {v}.
shipping // a parcel that is not mine
  Parcels that reached you by mistake belong at {v}.
  If you have someone else's parcel, forward it to {v}.
payment // a cheque
  Cheques are posted to {v}.
  Please post a cheque to {v}.
payment // a signed contract
  Signed contracts go to {v}.
  A signed contract should reach us at {v}.
warranty // {a_thing} for repair
  The workshop for {things} is at {v}.
  We repair {things} at {v}.
warranty // the warranty card
  The warranty card is posted to {v}.
  Put a stamp on the warranty card and send it to {v}.
service // a complaint
  Complaints reach us at {v}.
  Please address a complaint to {v}.
service // a photo for the contest
  Photos for the contest go to {v}.
  To take part in the contest, post a photo to {v}.
any // an old battery
  Old batteries are collected at {v}.
  Bring or send old batteries to {v}.
any // a broken {part}
  A broken {part} should be sent to {v}.
  If the {part} breaks, send it to {v}.
"""

PLACE = """
wash // the {item}
  Keep it {v}.
  It is best kept {v}.
dish // the {item}
  It should stand {v}.
  Its place is {v}.
furniture // the {item} in winter
  In winter, it belongs {v}.
  It should spend the winter {v}.
electric // the spare batteries
  Spare batteries are stored {v}.
  Store spare batteries {v}.
any // the {part}
  The {part} should be kept {v}.
  Keep the {part} {v}.
any // this manual
  This manual should be kept {v}.
  Keep this manual {v} for later.
any // the carton
  The carton should be kept {v}.
  Put the carton {v} for a later move.
furniture // the screws
  Loose screws are best put {v}.
  Put the screws {v} so that they do not get lost.
"""

ARTICLES = """
returns // cannot be returned
  We cannot take back {v}.
  Excluded from returns are {v}.
returns // must be returned in the original box
  The original box is needed for {v}.
  Only in the original box do we take back {v}.
shipping // are delivered in a van
  A van is used to deliver {v}.
  Too large for the post are {v}, which come in a van.
shipping // cannot be wrapped as a gift
  We cannot wrap {v} as gifts.
  Gift wrapping is not offered for {v}.
payment // must be paid in advance
  We ask for payment in advance for {v}.
  Payment in advance is needed for {v}.
payment // are cheaper for regular customers
  Regular customers pay less for {v}.
  Less money is charged to regular customers for {v}.
warranty // are not covered by the warranty
  The warranty does not cover {v}.
  There is no warranty for {v}.
warranty // are never repaired
  The workshop does not repair {v}.
  We replace but never repair {v}.
service // are only sold in the shop in {city}
  In {city} alone, we sell {v}.
  Only the shop in {city} has {v}.
"""

COURIER = """
returns // collects returns
  Returns are collected by {v}.
  For returns, the van of {v} comes to your door.
returns // collects {things}
  If {a_thing} has to go back, it is fetched by {v}.
  We have {things} collected by {v}.
shipping // delivers to {city}
  Parcels to {city} are carried by {v}.
  In {city}, we work with {v}.
shipping // brings express parcels
  Express parcels travel with {v}.
  For express parcels, we use {v}.
shipping // delivers on {weekday}s
  On {weekday}s, the parcels come with {v}.
  Deliveries on {weekday}s are made by {v}.
shipping // delivers {things}
  {things} are delivered by {v}.
  We trust {things} to {v}.
warranty // takes {things} to the workshop
  On their way to the workshop, {things} travel with {v}.
  The way to the workshop is covered for {things} by {v}.
service // brings the catalogue
  The catalogue is brought by {v}.
  With the catalogue, {v} comes to your door.
"""

MEANS = """
returns // the collection of {a_thing}
  The collection of {a_thing} is paid {v}.
  When {a_thing} is collected, you pay {v}.
shipping // the postage to {city}
  For {city}, the postage must be paid {v}.
  Customers in {city} pay the postage {v}.
shipping // an express delivery
  Express deliveries are paid {v}.
  For an express delivery, pay {v}.
payment // a first order
  First orders are paid {v}.
  Those who order for the first time pay {v}.
payment // a gift voucher
  Gift vouchers must be paid {v}.
  For a gift voucher, you pay {v}.
payment // an order from abroad
  Orders from abroad are settled {v}.
  Customers from abroad pay {v}.
payment // a large order
  Large orders are paid {v}.
  Whoever places a large order must pay {v}.
warranty // a repair
  Repairs are paid {v}.
  The workshop is paid {v}.
warranty // an inspection of {a_thing}
  For an inspection of {a_thing}, you pay {v}.
  The inspection of {a_thing} is paid {v}.
service // the catalogue
  The catalogue is paid {v}.
  For the catalogue, please pay {v}.
"""

# kind: (questions, topics)
KINDS = {
    "limit": (
        (
            "How long do I have to {ask}?",
            "How much time do I have to {ask}?",
            "What is the time limit if I want to {ask}?",
            "I want to {ask}. How long is that possible?",
            "How long does a customer have to {ask}?",
        ),
        LIMIT,
    ),
    "duration": (
        (
            "How long does {ask} take?",
            "How long do I have to wait for {ask}?",
            "After what time can I expect {ask}?",
            "How much time does the shop need for {ask}?",
            "I am waiting for {ask}. How long will it take?",
        ),
        DURATION,
    ),
    "desk": (
        (
            "Which department {ask}?",
            "Who {ask}?",
            "Which team {ask}?",
            "Who in the shop {ask}?",
            "What is the department called that {ask}?",
        ),
        DESK,
    ),
    "person": (
        (
            "What is the name of the person who {ask}?",
            "Who is it that {ask}?",
            "Which person {ask}?",
            "What is the full name of the person who {ask}?",
            "Can you name the person who {ask}?",
        ),
        PERSON,
    ),
    "enclose": (
        (
            "What do I have to enclose {ask}?",
            "What must not be missing {ask}?",
            "What does the shop want to see {ask}?",
            "What has to be sent along {ask}?",
            "What do I need {ask}?",
        ),
        ENCLOSE,
    ),
    "payer": (
        (
            "Who pays for {ask}?",
            "Who bears the cost of {ask}?",
            "Who has to pay for {ask}?",
            "Who is charged for {ask}?",
            "Who settles the bill for {ask}?",
        ),
        PAYER,
    ),
    "cost": (
        (
            "How much does {ask} cost?",
            "What is the price of {ask}?",
            "How much do I pay for {ask}?",
            "What does the shop charge for {ask}?",
            "How expensive is {ask}?",
        ),
        COST,
    ),
    "threshold": (
        (
            "How much must an order be worth so that {ask}?",
            "How much do I have to spend so that {ask}?",
            "What amount do I have to reach so that {ask}?",
            "What is the smallest order for which {ask}?",
        ),
        THRESHOLD,
    ),
    "until": (
        ("Until when {ask}?", "Until what date {ask}?", "Up to which day {ask}?", "Until which day of the year {ask}?"),
        UNTIL,
    ),
    "since": (
        ("From when {ask}?", "From what date {ask}?", "From which day on {ask}?", "From which day of the year {ask}?"),
        SINCE,
    ),
    "degrees": (
        (
            "At what temperature can I {ask}?",
            "Up to how many degrees may I {ask}?",
            "How warm may it be when I {ask}?",
            "I want to {ask}. How many degrees are allowed?",
            "What is the right temperature to {ask}?",
        ),
        DEGREES,
    ),
    "tool": (
        (
            "What should I use to {ask}?",
            "What do I need to {ask}?",
            "With what can I {ask}?",
            "I want to {ask}. What is the best thing for it?",
            "What does the manual recommend to {ask}?",
        ),
        TOOL,
    ),
    "often": (
        (
            "How often should I {ask}?",
            "How often do I have to {ask}?",
            "At what intervals should I {ask}?",
            "How often is it necessary to {ask}?",
        ),
        OFTEN,
    ),
    "number": (
        (
            "How many {ask}?",
            "Can you tell me how many {ask}?",
            "I would like to know how many {ask}.",
            "Please tell me how many {ask}.",
        ),
        NUMBER,
    ),
    "load": (
        (
            "How much weight can {ask} carry?",
            "How heavy may the load on {ask} be?",
            "What is the maximum load of {ask}?",
            "How much can I put on {ask}?",
        ),
        LOAD,
    ),
    "minutes": (
        ("How long {ask}?", "How many minutes {ask}?", "How long exactly {ask}?", "How long, in minutes, {ask}?"),
        MINUTES,
    ),
    "part": (
        (
            "Under which number can I order {ask}?",
            "What is the part number of {ask}?",
            "Which number do I need for {ask}?",
            "I need {ask}. What number is it?",
            "Which number should I quote to order {ask}?",
        ),
        PART,
    ),
    "phone": (
        (
            "Which number do I dial to reach {ask}?",
            "What is the telephone number of {ask}?",
            "How can I call {ask}?",
            "Under which number does {ask} answer?",
        ),
        PHONE,
    ),
    "address": (
        (
            "Where do I send {ask}?",
            "To which address should I post {ask}?",
            "What is the right address for {ask}?",
            "I want to send {ask}. Where does it have to go?",
        ),
        ADDRESS,
    ),
    "place": (
        (
            "Where should I keep {ask}?",
            "What is the right place for {ask}?",
            "Where is the best place for {ask}?",
            "Where do I put {ask}?",
        ),
        PLACE,
    ),
    "articles": (
        ("Which articles {ask}?", "Which goods {ask}?", "Which products {ask}?", "What kind of goods {ask}?"),
        ARTICLES,
    ),
    "courier": (
        (
            "Which courier {ask}?",
            "Which company {ask}?",
            "What is the courier called that {ask}?",
            "What is the name of the company that {ask}?",
        ),
        COURIER,
    ),
    "means": (
        (
            "How is {ask} paid?",
            "In what way is {ask} paid?",
            "How can I pay for {ask}?",
            "How do customers pay for {ask}?",
        ),
        MEANS,
    ),
}

ENCLOSURES = (
    *("a copy of the invoice", "the return label", "a photo of the damage", "the warranty card", "the delivery note"),
    *("a signed form", "the original invoice", "a short letter", "the customer number", "the order number"),
    *("a stamped envelope", "a copy of the bank statement", "the packing slip", "a list of the missing parts"),
)
PAYERS = (
    *(
        "the customer",
        "the shop",
        "the courier",
        "the sender",
        "the manufacturer",
        "the buyer",
        "the insurance company",
    ),
    "the owner",
)
AGENTS = (
    *("a damp cloth", "a soft brush", "soap and water", "a drop of oil", "vinegar and water", "a little beeswax"),
    *("a dry sponge", "baking soda", "lemon juice", "a woollen cloth", "mild soap", "linseed oil"),
)
TOOLS = (
    *(
        "a hex key",
        "a small screwdriver",
        "a wooden hammer",
        "a spanner",
        "a pair of pliers",
        "a coin",
        "a large screwdriver",
    ),
    *("a flat knife", "a cordless drill", "a rubber mallet"),
)
TOOL_TOPICS = ("assemble", "tighten", "remove the", "open")
INTERVALS = (
    *(
        "every {count} days",
        "every {count} weeks",
        "once a week",
        "once a month",
        "after every use",
        "before every use",
    ),
    *("every evening", "every weekend", "every {count} weeks", "twice a week", "twice a month"),
)
LONG_INTERVALS = (
    *("every {count} weeks", "every {count} months", "every {count} years", "once a month", "once a year"),
    *("twice a year", "every spring", "every autumn", "at the end of the season"),
)
SELDOM = ("check the screws", "oil the wood", "change the {part}", "have the {item} inspected", "clean the contacts")
PLACES = (
    *(
        "in a dry place",
        "in the original box",
        "in a dark cupboard",
        "in the cellar",
        "on a high shelf",
        "in a cool room",
    ),
    *(
        "away from the sun",
        "in a cotton bag",
        "in the attic",
        "near a window",
        "out of reach of children",
        "in a drawer",
    ),
    *("under the bed", "in a tin"),
)
MEANS_OF_PAYMENT = (
    *(
        "by bank transfer",
        "by card",
        "by cheque",
        "in cash",
        "by direct debit",
        "in advance",
        "on delivery",
        "by invoice",
    ),
    *("with a voucher", "in two instalments"),
)

OPENINGS = {
    "policy": (
        "These are the conditions of {shop}.",
        "This is what we promise our customers.",
        "The following holds for all orders.",
        "Here is a short summary of our conditions.",
        "Please read this before you order.",
        "Thank you for your interest in {shop}.",
        "We want you to be happy with what you buy.",
        "Our rules have been the same for {count} years.",
    ),
    "manual": (
        "Thank you for buying the {item}.",
        "Please read this manual before you use the {item}.",
        "Congratulations on your new {item}.",
        "This is how you get the most out of the {item}.",
        "The {item} will give you pleasure for years.",
        "This manual belongs to the {item}.",
    ),
}
FILLERS = {
    "policy": (
        "We like to hear from you.",
        "Nobody likes small print, so we keep this short.",
        "Words in a hurry are easily misread, so take your time.",
        "Our shop is a family business with {count} employees.",
        "In the {colour} catalogue, this is found on the last page.",
        "Our staff will be glad to help.",
        "This does not limit your rights under the law.",
        "Exceptions are rare and are made in writing.",
        "Please understand that we cannot make exceptions.",
        "Most questions can be settled in a short call.",
        "The number of your order is {order} or similar and stands at the top of every letter.",
        "All this was agreed with our {desk} on {d2}.",
        "{person}, who founded the shop, wants it that way.",
    ),
    "manual": (
        "Check that nothing is missing from the carton.",
        "Keep small parts away from children.",
        "The {part} is already in its place.",
        "Never use force.",
        "With a little care, it will stay beautiful.",
        "The pictures show the {item} in {colour}.",
        "The model number, {order}, is found on the underside.",
        "It is available in {colour} and {colour2}.",
        "This edition was printed on {d2}.",
        "It was made by hand in {city}.",
        "Changes without our consent are not allowed.",
    ),
}
