# careline's completion for bash, made from its command tree: careline completion bash
# Use it once: source <(careline completion bash)
# Or always: careline completion bash > ~/.local/share/bash-completion/completions/careline

_careline_words() {
  case "$1" in
    "") REPLY="channels templates qr send export queue reply chats contacts outbox explain receive inbound store api sandbox demo config completion help" ;;
    "channels") REPLY="list show pause resume remove update code verify rotate token profile check limits analytics register" ;;
    "channels register") REPLY="whatsapp wechat" ;;
    "templates") REPLY="plan apply pull lint new preview wait submit show delete unpause list" ;;
    "qr") REPLY="create list show" ;;
    "export") REPLY="messages conversations" ;;
    "queue") REPLY="list tail" ;;
    "chats") REPLY="list show resolve read media" ;;
    "contacts") REPLY="list show block unblock" ;;
    "outbox") REPLY="list show" ;;
    "inbound") REPLY="list show replay drop" ;;
    "store") REPLY="info migrate backup restore release copy rebuild" ;;
    "sandbox") REPLY="start stop status env paste code clock fault play say follow scan tap show" ;;
    "config") REPLY="show get set path" ;;
    *) REPLY="" ;;
  esac
}

_careline_options() {
  case "$1" in
    "channels list") REPLY="--limit --all" ;;
    "channels update") REPLY="--app-id --api-url --public-url --secrets-from" ;;
    "channels code") REPLY="--method --language" ;;
    "channels verify") REPLY="--code" ;;
    "channels rotate") REPLY="--secrets-from --keep-old" ;;
    "channels profile") REPLY="--set --photo" ;;
    "channels analytics") REPLY="--since --until --period --by --step --switch-on" ;;
    "channels register whatsapp") REPLY="--phone-number-id --business-account-id --number --verified-name --app-id --api-url --public-url --secrets-from" ;;
    "channels register wechat") REPLY="--app-id --api-url --public-url --secrets-from" ;;
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
    "qr create") REPLY="--scene --channel --out --expires --permanent --numeric --text --caption --logo --color --size --dpi --campaign --print --new" ;;
    "qr list") REPLY="--channel --campaign --expires-within --limit --all" ;;
    "send") REPLY="--to --channel --text --template --param --media --json --outside --key --as" ;;
    "export messages") REPLY="--to --format --channel --since --until --period" ;;
    "export conversations") REPLY="--to --format --channel --since --until --period" ;;
    "queue list") REPLY="--channel --agent --limit --all" ;;
    "queue tail") REPLY="--channel --agent --since --beat --for" ;;
    "reply") REPLY="--media --react --to --outside --param --resolve --anyway" ;;
    "chats list") REPLY="--channel --state --agent --limit --all" ;;
    "chats show") REPLY="--last" ;;
    "chats resolve") REPLY="--category --summary" ;;
    "chats read") REPLY="--typing" ;;
    "chats media") REPLY="--out" ;;
    "contacts list") REPLY="--find --limit --all" ;;
    "contacts block") REPLY="--channel" ;;
    "contacts unblock") REPLY="--channel" ;;
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
    "sandbox scan") REPLY="--channel" ;;
    "sandbox tap") REPLY="--channel" ;;
    "sandbox show") REPLY="--channel" ;;
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
    "channels register whatsapp --secrets-from") REPLY="@file" ;;
    "channels register wechat --secrets-from") REPLY="@file" ;;
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
    "send --channel") REPLY="@channel" ;;
    "send --template") REPLY="@template" ;;
    "send --media") REPLY="@file" ;;
    "send --json") REPLY="@file" ;;
    "send --outside") REPLY="fail" ;;
    "send --key") REPLY="profile home store channel agent tz output color editor inbound_keep public_url whatsapp_api_url wechat_api_url secrets_command secrets_file sandbox_url clock" ;;
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
    "chats list --channel") REPLY="@channel" ;;
    "chats list --state") REPLY="all" ;;
    "chats media --out") REPLY="@dir" ;;
    "contacts block --channel") REPLY="@channel" ;;
    "contacts unblock --channel") REPLY="@channel" ;;
    "explain --kind") REPLY="whatsapp wechat careline" ;;
    "receive --log-format") REPLY="text json" ;;
    "api --input") REPLY="@file" ;;
    "sandbox env --shell") REPLY="bash fish powershell" ;;
    "sandbox paste --mode") REPLY="plain compatible safe" ;;
    "sandbox say --channel") REPLY="@channel" ;;
    "sandbox follow --scene") REPLY="@scene" ;;
    "sandbox follow --channel") REPLY="@channel" ;;
    "sandbox scan --channel") REPLY="@channel" ;;
    "sandbox tap --channel") REPLY="@channel" ;;
    "sandbox show --channel") REPLY="@channel" ;;
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
    "store backup 0") REPLY="@file" ;;
    "store restore 0") REPLY="@file" ;;
    "api 0") REPLY="@channel" ;;
    "api 2") REPLY="@file" ;;
    "sandbox paste 0") REPLY="@channel" ;;
    "sandbox clock 0") REPLY="advance set" ;;
    "sandbox play 0") REPLY="@file" ;;
    "sandbox scan 1") REPLY="@scene" ;;
    "sandbox tap 1") REPLY="profile home store channel agent tz output color editor inbound_keep public_url whatsapp_api_url wechat_api_url secrets_command secrets_file sandbox_url clock" ;;
    "config get 0") REPLY="profile home store channel agent tz output color editor inbound_keep public_url whatsapp_api_url wechat_api_url secrets_command secrets_file sandbox_url clock" ;;
    "config set 0") REPLY="profile home store channel agent tz output color editor inbound_keep public_url whatsapp_api_url wechat_api_url secrets_command secrets_file sandbox_url clock" ;;
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
        --agent | --api-url | --app-id | --as | --beat | --business-account-id | --by | --campaign | --caption | --category | --channel | --code | --color | --columns | --dir | --dpi | --expires | --expires-within | --explain | --find | --for | --format | --host | --if-busy | --input | --json | --keep-old | --key | --kind | --language | --last | --limit | --log-format | --logo | --media | --method | --mode | --name | --next | --number | --out | --output | --outside | --param | --period | --phone-number-id | --photo | --port | --profile | --public-url | --react | --scene | --secrets-from | --set | --shell | --since | --size | --state | --step | --summary | --template | --text | --timeout | --to | --trace | --tz | --until | --verified-name | -f | -o) option="$word" && continue ;;
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
