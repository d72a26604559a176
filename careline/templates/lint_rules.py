"""The rules of templates by number: what each asks for, why, and how to mend what breaks it.

An error is what WhatsApp refuses, at once or in its review. A warning is what it takes and somebody may regret.
"""

from __future__ import annotations

from careline.toml_file import Rule

_ALL = (
    # The file
    Rule(
        "T001",
        "The file can be read",
        "A template file is TOML in UTF-8, at most 256 KiB. The parser says what it stumbled over and where. Texts "
        'stand in "quotes", those of several lines in """three""".',
    ),
    Rule(
        "T002",
        "Every field is known",
        "A field that is not known would be left out in silence, and a slip of the pen with it. The message lists the"
        " fields that belong here; those of Meta are called as Meta calls them.",
    ),
    Rule(
        "T003",
        "What is needed is there",
        "A template has a name, a language, a category and, unless it is for codes, a body; a button has a text and "
        "what its type needs. Fill in what is missing; an empty text counts as missing.",
    ),
    Rule(
        "T004",
        "Every field has its type",
        "A number, a list or a table stands where it belongs. Buttons are written as [[buttons]], cards as [[cards]],"
        " one table each; ttl is seconds or a duration such as 10m.",
    ),
    Rule(
        "T005",
        "The button's type exists",
        "WhatsApp has quick_reply, url, phone_number, copy_code, otp, flow, catalog, mpm, spm, voice_call, app, "
        "call_permission_request and request_contact_info.",
    ),
    Rule(
        "T006",
        "The name is of small letters",
        "Meta takes a-z, 0-9 and _ in a name, at most 512 of them. The name cannot be changed later.",
    ),
    Rule(
        "T007",
        "The language is one of Meta's",
        "Meta has 111 codes, some with a country (pt_BR, zh_CN) and some without (it, fil). Another code is refused "
        "at once. The message names the one that was probably meant.",
    ),
    Rule(
        "T008",
        "The category exists",
        "utility is what follows from something the customer did, authentication is codes, everything else is "
        "marketing. Meta may move a utility template to marketing, which costs more.",
    ),
    Rule(
        "T009",
        "The ttl is within its category",
        "How long WhatsApp tries to deliver: codes 30 to 900 seconds, utility 30 seconds to 12 hours, marketing 12 "
        "hours to 30 days. -1 means 30 days for codes and utility.",
    ),
    Rule(
        "T010",
        "A marketing ttl needs the marketing API",
        "Meta honours the ttl of a marketing template only for messages of the Marketing Messages API. Sent in the "
        "usual way it counts for nothing: leave it out unless you know.",
        "warning",
    ),
    # Variables
    Rule(
        "T011",
        "Braces come in pairs",
        "A variable is {{1}} or {{name}}, two braces on each side. A lone pair is sent as it stands or refused "
        "(subcodes 2388047, 2388072, 2388073).",
    ),
    Rule(
        "T012",
        "Variables are numbers or names, not both",
        "One template has {{1}}, {{2}}… or {{name}}, {{day}}…, in header, body and cards alike. Meta keeps one format"
        " a template and rejects a mixture. Give every variable a name: whoever sends it later will know what belongs"
        " where.",
    ),
    Rule(
        "T013",
        "A variable is well named",
        "A name begins with a small letter and has small letters, digits and underscores; #, $ and % are refused. A "
        "number is written 1, 2, 3.",
    ),
    Rule(
        "T014",
        "Numbers begin at 1, without a gap",
        "{{1}}, {{2}}, {{3}} in every text for itself: {{2}} alone, or {{1}} and {{3}}, is refused.",
    ),
    Rule(
        "T015",
        "Every variable has an example",
        "Reviewers read the template filled in. examples (header_examples for the header) is a list for numbers and a"
        " table for names, with one value for each variable and none besides.",
    ),
    Rule(
        "T016",
        "The body neither begins nor ends with a variable",
        "Subcode 2388299. Punctuation, blanks and emoji around it do not help: “…on {{2}}.” still ends with the "
        "variable. Add words before it or behind it.",
    ),
    Rule(
        "T017",
        "No variable touches the next",
        "{{1}}{{2}} and {{1}} {{2}} with nothing but blanks between are rejected in the review. Put a word between, "
        "or make one variable of the two.",
    ),
    Rule(
        "T018",
        "There are words enough for the variables",
        "Subcode 2388293. Meta publishes no formula; what tools go by is twice as many words as variables and one "
        "more. Add what the message is about, or use fewer variables.",
        "warning",
    ),
    Rule(
        "T019",
        "Footers and labels have no variables",
        "The footer (2388073), the labels of buttons and the text of an offer are the same for everybody. Move it to the body.",
    ),
    Rule(
        "T020",
        "A header has one variable at most",
        "Subcode 2388047. Put the others into the body.",
    ),
    # Texts
    Rule(
        "T021",
        "Texts are short enough",
        "Subcode 2388040. Header and footer 60 characters, body 1024 (600 beside a limited-time offer, 160 on a "
        "card), a label 25, the text of an offer 16.",
    ),
    Rule(
        "T022",
        "A header text is plain",
        "Subcode 2388047: no line break, no emoji, none of the marks * _ ~ ` that make text bold or slanted.",
    ),
    Rule(
        "T023",
        "Blanks are few",
        "More than four blanks in a row, tabs, or more than two empty lines in the body are refused now and then, and"
        " never look as meant on a phone.",
        "warning",
    ),
    Rule(
        "T024",
        "Emoji are few",
        "More than ten in a body tend to be rejected as spam.",
        "warning",
    ),
    Rule(
        "T025",
        "With its variables the body still fits",
        "The limit counts what is sent, not what is written (132005). With the examples filled in this body is over "
        "1024 characters (600, 160): shorten it.",
        "warning",
    ),
    # Headers
    Rule(
        "T030",
        "The header's type exists",
        "A header is a text, or a table with type image, video, document, gif, location or product.",
    ),
    Rule(
        "T031",
        "A media header has a sample",
        "Reviewers look at an example. sample is the path of a file, from the folder of this one; location and "
        "product have none.",
    ),
    Rule(
        "T032",
        "The sample is there",
        "The path is taken from the folder of the template file. Nothing outside that folder's checkout can be "
        "expected on the next machine, so keep samples beside the templates.",
    ),
    Rule(
        "T033",
        "The sample fits its header",
        "image is JPEG or PNG up to 5 MB, video and gif are MP4 up to 16 and 3.5 MB, document is PDF up to 100 MB. "
        "Other types cannot be uploaded as samples.",
    ),
    Rule(
        "T034",
        "A gif needs the marketing API",
        "Meta delivers GIF headers only by the Marketing Messages API. Use a video, or leave it if you send by that API.",
        "warning",
    ),
    Rule(
        "T035",
        "A product header has its button",
        "The product is chosen when the template is sent; the header needs one spm button (or stands on cards).",
    ),
    # Buttons
    Rule(
        "T040",
        "Buttons are not too many",
        "WhatsApp takes ten on a template and two on a card. Leave out what few customers tap.",
    ),
    Rule(
        "T041",
        "Of each type there are few enough",
        "Two url; one phone_number, copy_code, otp, flow, voice_call and of each of the rest; quick replies as many as fit.",
    ),
    Rule(
        "T042",
        "Catalogue buttons stand alone",
        "A catalog, mpm or spm button is the only button of its template.",
    ),
    Rule(
        "T043",
        "Quick replies stand together",
        "All quick_reply buttons come first or all come last: QR, QR, URL is well, QR, URL, QR is refused as an "
        "invalid combination. Reorder them.",
    ),
    Rule(
        "T044",
        "An address is complete",
        "The url of a button begins with https:// or http:// and has at most 2000 characters.",
    ),
    Rule(
        "T045",
        "An address has one variable, at its end",
        "https://shop.example/o/{{1}} is well; two variables, or one in the middle, are refused. Move what varies to the end.",
    ),
    Rule(
        "T046",
        "An address with a variable has an example",
        "example is the whole address filled in, as a customer would open it. Without a variable there is none.",
    ),
    Rule(
        "T047",
        "The phone number can be called",
        "At most 20 characters: digits with the country code, a + before them if you like.",
    ),
    Rule(
        "T048",
        "The coupon's example is a code",
        "Letters and digits, at most 20. Meta's pages disagree on 15 or 20: stay within 15 to be safe.",
    ),
    Rule(
        "T049",
        "The kind of code button exists and knows its app",
        "otp_type is copy_code, one_tap or zero_tap. The latter two fill the code into an app: they need "
        "supported_apps with package_name and signature_hash (or both on the button), at most five; zero_tap also "
        "zero_tap_terms_accepted = true.",
    ),
    Rule(
        "T050",
        "A flow button names one flow",
        "Exactly one of flow_id, flow_name and flow_json. flow_action is navigate, which needs navigate_screen, or "
        "data_exchange.",
    ),
    Rule(
        "T051",
        "All buttons are seen on a desktop",
        "Four buttons and more, or quick replies beside others, are not shown by WhatsApp on computers: the customer "
        "is told to look at the phone.",
        "warning",
    ),
    Rule(
        "T052",
        "All buttons are seen at once",
        "With more than three buttons the customer sees two and “See all options”.",
        "warning",
    ),
    Rule(
        "T053",
        "A call button's life is in minutes",
        "ttl_minutes of a voice_call button is 1440 to 43200: one to thirty days.",
    ),
    # Offers, cards, codes
    Rule(
        "T060",
        "An offer is made as offers are",
        "A limited-time offer is marketing, has a header of image or video and no footer. Its text is at most 16 characters.",
    ),
    Rule(
        "T061",
        "An offer's buttons are a code and an address",
        "With has_expiration a copy_code button comes first; one url button follows; nothing else.",
    ),
    Rule(
        "T065",
        "A carousel has two to ten cards",
        "Beside its cards it has a body and nothing else, and it is marketing or utility.",
    ),
    Rule(
        "T066",
        "Cards are alike",
        "All have the same type of header, all have a body or none, and the same buttons in the same order: a phone "
        "lays them out as one.",
    ),
    Rule(
        "T067",
        "A card has a picture and buttons",
        "Its header is an image, a video or a product; its buttons, at most two, are quick_reply, url, phone_number, "
        "or spm on a product card.",
    ),
    Rule(
        "T070",
        "Codes have no words of their own",
        "In the authentication category Meta writes body and footer: leave out body, header and footer, set "
        "add_security_recommendation and code_expiration_minutes instead. For other words choose utility.",
    ),
    Rule(
        "T071",
        "Codes have one otp button",
        "An authentication template has one button, of type otp; other categories have none of that type.",
    ),
    Rule(
        "T072",
        "Codes expire within 90 minutes",
        "code_expiration_minutes is between 1 and 90.",
    ),
    # Folders
    Rule(
        "T080",
        "A name in a language is there once",
        "Two files describe the same template; which one should the account have? Delete or rename one.",
    ),
    Rule(
        "T081",
        "No two templates say the same",
        "Body and footer of another template of the account, word for word, get this one rejected. Codes are exempt, "
        "and so are languages of one template.",
    ),
    Rule(
        "T082",
        "A template has one category in all languages",
        "Messages of one name would be billed in two ways. Make them the same unless that is meant.",
        "warning",
    ),
    Rule(
        "T083",
        "The languages of a template take the same variables",
        "A script fills in one list of values, whichever language is chosen. With other variables it fails for some customers.",
        "warning",
    ),
    Rule(
        "T084",
        "The account has room",
        "250 templates before Meta has verified the business, 6,000 afterwards; every language counts.",
        "warning",
    ),
)

RULES = {rule.id: rule for rule in _ALL}
