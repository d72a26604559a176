# careline's completion for bash, made from its command tree: careline completion bash
# Use it once: source <(careline completion bash)
# Or always: careline completion bash > ~/.local/share/bash-completion/completions/careline

_careline_words() {
  case "$1" in
    "") REPLY="channels templates qr send export queue reply chats windows contacts tags menus outbox explain receive inbound store api sandbox demo config completion help" ;;
    "channels") REPLY="list show pause resume remove update code verify rotate token profile check limits analytics staff accounts sync register media" ;;
    "channels register") REPLY="whatsapp wechat wecom" ;;
    "channels media") REPLY="list add remove" ;;
    "templates") REPLY="plan apply pull lint new preview wait submit show delete unpause list" ;;
    "qr") REPLY="create list show batch renew stats" ;;
    "export") REPLY="messages conversations" ;;
    "queue") REPLY="list tail" ;;
    "chats") REPLY="import assign list show resolve read media" ;;
    "windows") REPLY="show" ;;
    "contacts") REPLY="grants sync set list show block unblock" ;;
    "tags") REPLY="lint plan apply pull" ;;
    "menus") REPLY="lint plan apply pull" ;;
    "outbox") REPLY="list show" ;;
    "inbound") REPLY="list show replay drop" ;;
    "store") REPLY="info migrate backup restore release copy rebuild" ;;
    "sandbox") REPLY="start stop status env paste code clock fault play say follow unfollow pay scan tap subscribe show desk enter servicer" ;;
    "config") REPLY="show get set path" ;;
    *) REPLY="" ;;
  esac
}

_careline_options() {
  case "$1" in
    "channels list") REPLY="--limit --all" ;;
    "channels update") REPLY="--app-id --accept-plain --encrypted-only --verify-by --api-url --public-url --secrets-from" ;;
    "channels code") REPLY="--method --language" ;;
    "channels verify") REPLY="--code" ;;
    "channels rotate") REPLY="--secrets-from --keep-old" ;;
    "channels profile") REPLY="--set --photo" ;;
    "channels analytics") REPLY="--since --until --period --by --step --switch-on" ;;
    "channels staff") REPLY="--nick --invite --photo --account" ;;
    "channels accounts") REPLY="--avatar" ;;
    "channels sync") REPLY="--account" ;;
    "channels register whatsapp") REPLY="--phone-number-id --business-account-id --number --verified-name --app-id --api-url --public-url --secrets-from" ;;
    "channels register wechat") REPLY="--app-id --accept-plain --encrypted-only --api-url --public-url --secrets-from" ;;
    "channels register wecom") REPLY="--corp-id --api-url --public-url --secrets-from" ;;
    "channels media list") REPLY="--kind --limit --all" ;;
    "channels media add") REPLY="--title --introduction --cover" ;;
    "templates plan") REPLY="--channel --delete --exit-code" ;;
    "templates apply") REPLY="--channel --delete --wait" ;;
    "templates pull") REPLY="--channel" ;;
    "templates lint") REPLY="--explain" ;;
    "templates preview") REPLY="--param --channel" ;;
    "templates wait") REPLY="--channel" ;;
    "templates submit") REPLY="--channel --wait" ;;
    "templates show") REPLY="--channel --history" ;;
    "templates delete") REPLY="--channel --all-languages" ;;
    "templates unpause") REPLY="--channel" ;;
    "templates list") REPLY="--channel --state --coverage --limit --all" ;;
    "qr create") REPLY="--scene --channel --out --expires --permanent --numeric --text --caption --logo --color --size --dpi --campaign --account --print --new" ;;
    "qr list") REPLY="--channel --campaign --expires-within --limit --all" ;;
    "qr batch") REPLY="--out --channel --format --sheet --expires --permanent --numeric --text --caption --logo --color --size --dpi --campaign --account" ;;
    "qr renew") REPLY="--out" ;;
    "qr stats") REPLY="--channel --by --since --until --period" ;;
    "send") REPLY="--to --channel --text --template --param --media --json --outside --key --as --desk" ;;
    "export messages") REPLY="--to --format --channel --since --until --period" ;;
    "export conversations") REPLY="--to --format --channel --since --until --period" ;;
    "queue list") REPLY="--channel --agent --limit --all" ;;
    "queue tail") REPLY="--channel --agent --since --beat --for" ;;
    "reply") REPLY="--media --react --to --outside --param --desk --resolve --anyway" ;;
    "chats import") REPLY="--channel --since --until --period" ;;
    "chats assign") REPLY="--to" ;;
    "chats list") REPLY="--channel --state --agent --limit --all" ;;
    "chats show") REPLY="--last" ;;
    "chats resolve") REPLY="--category --summary" ;;
    "chats read") REPLY="--typing" ;;
    "chats media") REPLY="--out" ;;
    "contacts grants") REPLY="--channel --add" ;;
    "contacts sync") REPLY="--channel" ;;
    "contacts set") REPLY="--remark --add-tag --remove-tag --channel" ;;
    "contacts list") REPLY="--find --label --limit --all" ;;
    "contacts block") REPLY="--channel" ;;
    "contacts unblock") REPLY="--channel" ;;
    "tags plan") REPLY="--channel --delete --exit-code" ;;
    "tags apply") REPLY="--channel --delete" ;;
    "tags pull") REPLY="--channel" ;;
    "menus lint") REPLY="--explain" ;;
    "menus plan") REPLY="--channel --exit-code" ;;
    "menus apply") REPLY="--channel" ;;
    "menus pull") REPLY="--channel" ;;
    "outbox list") REPLY="--state --limit --all" ;;
    "explain") REPLY="--kind" ;;
    "receive") REPLY="--host --port --log-format" ;;
    "inbound list") REPLY="--state --limit --all" ;;
    "inbound replay") REPLY="--state" ;;
    "store rebuild") REPLY="--check" ;;
    "api") REPLY="-f --input --all-pages" ;;
    "sandbox start") REPLY="--port --background" ;;
    "sandbox env") REPLY="--shell --unset" ;;
    "sandbox paste") REPLY="--mode" ;;
    "sandbox fault") REPLY="--next --by-status --clear" ;;
    "sandbox say") REPLY="--kind --bsuid --channel --name" ;;
    "sandbox follow") REPLY="--scene --channel" ;;
    "sandbox unfollow") REPLY="--channel" ;;
    "sandbox pay") REPLY="--channel" ;;
    "sandbox scan") REPLY="--channel" ;;
    "sandbox tap") REPLY="--channel" ;;
    "sandbox subscribe") REPLY="--answer --channel" ;;
    "sandbox show") REPLY="--channel" ;;
    "sandbox enter") REPLY="--scene --account" ;;
    "sandbox servicer") REPLY="--account" ;;
    "demo") REPLY="--dir" ;;
    "config show") REPLY="--sources" ;;
    *) REPLY="" ;;
  esac
  REPLY="$REPLY --profile -o --output --columns -n --dry-run -y --yes --if-busy --timeout --tz -q --quiet -v --verbose --trace --color -h --help"
}

_careline_values() {
  case "$1 $2" in
    "channels update --secrets-from") REPLY="@file" ;;
    "channels code --method") REPLY="sms voice" ;;
    "channels rotate --secrets-from") REPLY="@file" ;;
    "channels profile --set") REPLY="@file" ;;
    "channels profile --photo") REPLY="@file" ;;
    "channels analytics --period") REPLY="today yesterday last-week last-month" ;;
    "channels analytics --by") REPLY="category type direction country phone tier" ;;
    "channels analytics --step") REPLY="day month half_hour" ;;
    "channels staff --photo") REPLY="@file" ;;
    "channels accounts --avatar") REPLY="@file" ;;
    "channels register whatsapp --secrets-from") REPLY="@file" ;;
    "channels register wechat --secrets-from") REPLY="@file" ;;
    "channels register wecom --secrets-from") REPLY="@file" ;;
    "channels media list --kind") REPLY="image voice video news" ;;
    "templates plan --channel") REPLY="@channel" ;;
    "templates apply --channel") REPLY="@channel" ;;
    "templates pull --channel") REPLY="@channel" ;;
    "templates preview --channel") REPLY="@channel" ;;
    "templates wait --channel") REPLY="@channel" ;;
    "templates submit --channel") REPLY="@channel" ;;
    "templates show --channel") REPLY="@channel" ;;
    "templates delete --channel") REPLY="@channel" ;;
    "templates unpause --channel") REPLY="@channel" ;;
    "templates list --channel") REPLY="@channel" ;;
    "qr create --channel") REPLY="@channel" ;;
    "qr create --out") REPLY="@file" ;;
    "qr create --logo") REPLY="@file" ;;
    "qr list --channel") REPLY="@channel" ;;
    "qr batch --out") REPLY="@dir" ;;
    "qr batch --channel") REPLY="@channel" ;;
    "qr batch --format") REPLY="png svg pdf" ;;
    "qr batch --sheet") REPLY="a4 a3 letter" ;;
    "qr batch --logo") REPLY="@file" ;;
    "qr renew --out") REPLY="@dir" ;;
    "qr stats --channel") REPLY="@channel" ;;
    "qr stats --by") REPLY="scene campaign" ;;
    "qr stats --period") REPLY="today yesterday last-week last-month" ;;
    "send --channel") REPLY="@channel" ;;
    "send --template") REPLY="@template" ;;
    "send --media") REPLY="@file" ;;
    "send --json") REPLY="@file" ;;
    "send --outside") REPLY="fail" ;;
    "send --key") REPLY="profile home store channel agent tz output color editor inbound_keep public_url whatsapp_api_url wechat_api_url wecom_api_url wechat_tokens wechat_window_message wechat_window_menu_tap wechat_window_follow wechat_window_scan wechat_window_payment desk secrets_command secrets_file sandbox_url clock" ;;
    "export messages --to") REPLY="@file" ;;
    "export messages --format") REPLY="jsonl csv" ;;
    "export messages --channel") REPLY="@channel" ;;
    "export messages --period") REPLY="today yesterday last-week last-month" ;;
    "export conversations --to") REPLY="@file" ;;
    "export conversations --format") REPLY="jsonl csv" ;;
    "export conversations --channel") REPLY="@channel" ;;
    "export conversations --period") REPLY="today yesterday last-week last-month" ;;
    "queue list --channel") REPLY="@channel" ;;
    "queue tail --channel") REPLY="@channel" ;;
    "reply --media") REPLY="@file" ;;
    "reply --outside") REPLY="fail" ;;
    "chats import --channel") REPLY="@channel" ;;
    "chats import --period") REPLY="today yesterday last-week last-month" ;;
    "chats list --channel") REPLY="@channel" ;;
    "chats list --state") REPLY="all" ;;
    "chats media --out") REPLY="@dir" ;;
    "contacts grants --channel") REPLY="@channel" ;;
    "contacts grants --add") REPLY="@template" ;;
    "contacts sync --channel") REPLY="@channel" ;;
    "contacts set --channel") REPLY="@channel" ;;
    "contacts block --channel") REPLY="@channel" ;;
    "contacts unblock --channel") REPLY="@channel" ;;
    "tags plan --channel") REPLY="@channel" ;;
    "tags apply --channel") REPLY="@channel" ;;
    "tags pull --channel") REPLY="@channel" ;;
    "menus plan --channel") REPLY="@channel" ;;
    "menus apply --channel") REPLY="@channel" ;;
    "menus pull --channel") REPLY="@channel" ;;
    "explain --kind") REPLY="whatsapp wechat wecom careline" ;;
    "receive --log-format") REPLY="text json" ;;
    "api --input") REPLY="@file" ;;
    "sandbox env --shell") REPLY="bash fish powershell" ;;
    "sandbox paste --mode") REPLY="plain compatible safe" ;;
    "sandbox say --channel") REPLY="@channel" ;;
    "sandbox follow --scene") REPLY="@scene" ;;
    "sandbox follow --channel") REPLY="@channel" ;;
    "sandbox unfollow --channel") REPLY="@channel" ;;
    "sandbox pay --channel") REPLY="@channel" ;;
    "sandbox scan --channel") REPLY="@channel" ;;
    "sandbox tap --channel") REPLY="@channel" ;;
    "sandbox subscribe --answer") REPLY="accept reject withdraw" ;;
    "sandbox subscribe --channel") REPLY="@channel" ;;
    "sandbox show --channel") REPLY="@channel" ;;
    "sandbox enter --scene") REPLY="@scene" ;;
    "demo --dir") REPLY="@dir" ;;
    *" --profile") REPLY="@profile" ;;
    *" -o") REPLY="table json jsonl csv tsv ids" ;;
    *" --output") REPLY="table json jsonl csv tsv ids" ;;
    *" --if-busy") REPLY="fail wait skip" ;;
    *" --trace") REPLY="@file" ;;
    *" --color") REPLY="auto always never" ;;
    *) REPLY="" ;;
  esac
}

_careline_arguments() {
  case "$1 $2" in
    "channels show 0") REPLY="@channel" ;;
    "channels pause 0") REPLY="@channel" ;;
    "channels resume 0") REPLY="@channel" ;;
    "channels remove 0") REPLY="@channel" ;;
    "channels update 0") REPLY="@channel" ;;
    "channels code 0") REPLY="@channel" ;;
    "channels verify 0") REPLY="@channel" ;;
    "channels rotate 0") REPLY="@channel" ;;
    "channels token 0") REPLY="@channel" ;;
    "channels profile 0") REPLY="@channel" ;;
    "channels check 0") REPLY="@channel" ;;
    "channels limits 0") REPLY="@channel" ;;
    "channels analytics 0") REPLY="@channel" ;;
    "channels analytics 1") REPLY="messages conversations pricing templates" ;;
    "channels staff 0") REPLY="@channel" ;;
    "channels staff 1") REPLY="list add update remove waiting sessions" ;;
    "channels accounts 0") REPLY="@channel" ;;
    "channels accounts 1") REPLY="list add rename remove welcome" ;;
    "channels sync 0") REPLY="@channel" ;;
    "channels media list 0") REPLY="@channel" ;;
    "channels media add 0") REPLY="@channel" ;;
    "channels media add 1") REPLY="@file" ;;
    "channels media remove 0") REPLY="@channel" ;;
    "templates plan 0") REPLY="@dir" ;;
    "templates apply 0") REPLY="@dir" ;;
    "templates pull 0") REPLY="@dir" ;;
    "templates lint 0") REPLY="@file" ;;
    "templates new 0") REPLY="@dir" ;;
    "templates preview 0") REPLY="@template @file" ;;
    "templates wait 0") REPLY="@template" ;;
    "templates submit 0") REPLY="@file" ;;
    "templates show 0") REPLY="@template" ;;
    "templates delete 0") REPLY="@template" ;;
    "templates unpause 0") REPLY="@template" ;;
    "qr show 0") REPLY="@scene" ;;
    "qr renew 0") REPLY="@scene" ;;
    "tags lint 0") REPLY="@file" ;;
    "tags plan 0") REPLY="@file" ;;
    "tags apply 0") REPLY="@file" ;;
    "tags pull 0") REPLY="@file" ;;
    "menus lint 0") REPLY="@file" ;;
    "menus plan 0") REPLY="@file" ;;
    "menus apply 0") REPLY="@file" ;;
    "menus pull 0") REPLY="@file" ;;
    "store backup 0") REPLY="@file" ;;
    "store restore 0") REPLY="@file" ;;
    "api 0") REPLY="@channel" ;;
    "api 2") REPLY="@file" ;;
    "sandbox paste 0") REPLY="@channel" ;;
    "sandbox clock 0") REPLY="advance set" ;;
    "sandbox play 0") REPLY="@file" ;;
    "sandbox scan 1") REPLY="@scene" ;;
    "sandbox tap 1") REPLY="profile home store channel agent tz output color editor inbound_keep public_url whatsapp_api_url wechat_api_url wecom_api_url wechat_tokens wechat_window_message wechat_window_menu_tap wechat_window_follow wechat_window_scan wechat_window_payment desk secrets_command secrets_file sandbox_url clock" ;;
    "sandbox subscribe 1") REPLY="@template" ;;
    "sandbox desk 1") REPLY="join refuse online offline accept say pass close" ;;
    "sandbox servicer 1") REPLY="accept say pass end online offline" ;;
    "config get 0") REPLY="profile home store channel agent tz output color editor inbound_keep public_url whatsapp_api_url wechat_api_url wecom_api_url wechat_tokens wechat_window_message wechat_window_menu_tap wechat_window_follow wechat_window_scan wechat_window_payment desk secrets_command secrets_file sandbox_url clock" ;;
    "config set 0") REPLY="profile home store channel agent tz output color editor inbound_keep public_url whatsapp_api_url wechat_api_url wecom_api_url wechat_tokens wechat_window_message wechat_window_menu_tap wechat_window_follow wechat_window_scan wechat_window_payment desk secrets_command secrets_file sandbox_url clock" ;;
    "completion 0") REPLY="bash" ;;
    "help 0") REPLY="exit-codes output times names environment windows" ;;
    *) REPLY="" ;;
  esac
}

# COMPREPLY: what begins with $2 of the candidates $1. @kind stands for names that careline knows, @file and @dir for paths.
_careline_reply() {
  local candidate value rest program="${COMP_WORDS[0]}" profile="${3:-${CARELINE_PROFILE-}}"
  COMPREPLY=()
  for candidate in $1; do
    case "$candidate" in
      @file | @dir)
        compopt -o filenames 2>/dev/null
        while IFS= read -r value; do
          COMPREPLY+=("$value")
        done < <(if [[ $candidate == @dir ]]; then compgen -d -- "$2"; else compgen -f -- "$2"; fi)
        ;;
      @*)
        while IFS=$'\t' read -r value rest; do
          COMPREPLY+=("$value")
        done < <(CARELINE_PROFILE="$profile" "${program/#\~/$HOME}" __names "${candidate#@}" "$2" 2>/dev/null)
        ;;
      "$2"*) COMPREPLY+=("$candidate") ;;
    esac
  done
}

_careline() {
  local REPLY word path="" profile="" option="" ended="" cur="" number=0 i
  local -a typed
  typed=()
  for ((i = 1; i <= COMP_CWORD; i++)); do # bash cuts --option=value in three: join them again
    word="${COMP_WORDS[i]}"
    if ((i > 1)) && [[ $word == "=" || ${COMP_WORDS[i - 1]} == "=" ]]; then
      typed[${#typed[@]} - 1]="${typed[${#typed[@]} - 1]}$word"
    else
      typed[${#typed[@]}]="$word"
    fi
  done
  for ((i = 0; i < ${#typed[@]} - 1; i++)); do
    word="${typed[i]}"
    if [[ -n $option ]]; then
      [[ $option == --profile ]] && profile="$word"
      option=""
      continue
    fi
    if [[ -z $ended ]]; then
      case "$word" in
        --) ended=yes && continue ;;
        --profile=*) profile="${word#*=}" && continue ;;
        --account | --add | --add-tag | --agent | --answer | --api-url | --app-id | --as | --avatar | --beat | --business-account-id | --by | --campaign | --caption | --category | --channel | --code | --color | --columns | --corp-id | --desk | --dir | --dpi | --expires | --expires-within | --explain | --find | --for | --format | --host | --if-busy | --input | --introduction | --invite | --json | --keep-old | --key | --kind | --label | --language | --last | --limit | --log-format | --logo | --media | --method | --mode | --name | --next | --nick | --number | --out | --output | --outside | --param | --period | --phone-number-id | --photo | --port | --profile | --public-url | --react | --remark | --remove-tag | --scene | --secrets-from | --set | --sheet | --shell | --since | --size | --state | --step | --summary | --template | --text | --timeout | --title | --to | --trace | --tz | --until | --verified-name | --verify-by | -f | -o) option="$word" && continue ;;
        -?*) continue ;;
      esac
    fi
    _careline_words "$path"
    if [[ -z $path && " $REPLY " != *" $word "* ]]; then # channel is understood for channels
      [[ " $REPLY " == *" ${word}s "* ]] && word="${word}s"
      [[ " $REPLY " == *" ${word%s} "* ]] && word="${word%s}"
    fi
    if [[ -n $REPLY && " $REPLY " == *" $word "* ]]; then
      path="${path:+$path }$word"
    elif [[ -n $REPLY ]]; then # no such word: nothing can follow
      path="?"
    else
      number=$((number + 1))
    fi
  done
  cur="${typed[${#typed[@]} - 1]}"
  if [[ -n $option ]]; then
    _careline_values "$path" "$option"
  elif [[ -z $ended && $cur == --*=* ]]; then
    _careline_values "$path" "${cur%%=*}"
    cur="${cur#*=}"
  elif [[ -z $ended && $cur == -* ]]; then
    _careline_options "$path"
  else
    _careline_words "$path"
    [[ -z $REPLY ]] && _careline_arguments "$path" "$number"
  fi
  _careline_reply "$REPLY" "$cur" "$profile"
}

complete -o nosort -F _careline careline 2>/dev/null || complete -F _careline careline
