package SrvRegistrar::SignatureTable;

# Signed requests of every shape that a signer, a proxy or an enemy may give
# them: [name, what is different] each.  All but those that say otherwise carry
# a right signature over what RFC 9421 says is their base, so that a refusal is
# one of the profile's and no accident.
#
#     for my $case (cases($key->{keyid}, $now)) {
#         my ($name, %change) = @$case;
#         my $request = request($key, %default, %change);
#     }
#
# What can be changed: method, scheme, authority, path, query, body;
#
#     digest     Content-Digest: undef, a value, or lines
#     input      Signature-Input, with the label sig1 for the one to be signed
#     signature  Signature; undef: none; a sub gets the right text
#     bytes      sub { $bytes } => other bytes of the signature
#     signed     sub { $base } => another base
#     headers    further [name, value]

use strict;
use warnings;

use Exporter qw(import);
use MIME::Base64 qw(encode_base64);

use SrvRegistrar::Signature qw(content_digest raw_signature);
use SrvRegistrar::StructuredField qw(parse_dictionary final);
use SrvRegistrar::Verifier qw(base field);

our @EXPORT_OK = qw(cases request);


sub request
{
    my ($key, %change) = @_;

    my %request = (scheme => 'https', body => '', %change);
    my $digest = exists($change{digest}) ? $change{digest}
        : length($request{body}) ? content_digest($request{body}, 'sha-256')
        : undef;

    $request{headers} = [@{ $change{headers} // [] },
        named('Content-Digest', $digest),
        named('Signature-Input', $change{input})];

    my $value = signature($key, \%request, \%change);

    $value = $change{signature}->($value) if ref($change{signature}) eq 'CODE';
    $value = $change{signature} if exists($change{signature})
        && ref($change{signature}) ne 'CODE';

    push(@{ $request{headers} }, named('Signature', $value));

    return \%request;
}


sub named
{
    my ($name, $value) = @_;

    return map { [$name, $_] } ref($value) ? @$value : $value // ();
}


# Of the base if there is one; of nothing in particular, if not.

sub signature
{
    my ($key, $request, $change) = @_;

    my $members = parse_dictionary(field($request, 'signature-input') // '');
    my $member = $members ? final($members)->{sig1} : undef;
    my $base = $member && $member->{type} eq 'list'
        ? base($request, $member) : undef;

    $base //= 'none';
    $base = $change->{signed}->($base) if $change->{signed};

    my $bytes = raw_signature($base, $key->{key}, $key->{algorithm});

    $bytes = $change->{bytes}->($bytes) if $change->{bytes};

    return 'sig1=:' . encode_base64($bytes, '') . ':';
}


sub cases
{
    my ($keyid, $now) = @_;

    my $list = '("@method" "@authority" "@path" "content-digest")';
    my $params = qq(;created=$now;keyid="$keyid");
    my $good = "$list$params";

    return (
        ['the plain one', input => "sig1=$good"],
        components($params),
        parameters($keyid, $now, $list),
        dictionaries($good),
        signatures($good),
        digests($good),
        targets($params),
        damages($good),
    );
}


# What is covered, and what its names look like.

sub components
{
    my ($params) = @_;

    my @all = map { qq("$_") } qw(@method @authority @path content-digest);
    my @lists;

    # each subset of what is needed, each order of it, each one twice
    for my $set (0 .. 15) {
        push(@lists, join(' ', map { $all[$_] } grep { $set >> $_ & 1 }
            0 .. 3));
    }

    for my $i (0 .. 3) {
        push(@lists, join(' ', @all[map { ($_ + $i) % 4 } 0 .. 3]),
            join(' ', reverse(@all[map { ($_ + $i) % 4 } 0 .. 3])),
            join(' ', @all, $all[$i]));
    }

    my $needed = join(' ', @all);
    my @one = (qw("@query" "@scheme" "@request-target" "@target-uri" "@status"
        "@unknown" "@" "" "@Method" "@METHOD" "@query-param" "x-a" "x-b" "X-A"
        "x-none" "x-empty" "x-twice" "x-space" "x-tab" "x a" "x:a" "host;"
        "signature" "signature-input" "content-type" "date" x-a :eC1h: 1 1.5
        ?1 @1 %"x" 'x-a' "x-\"a" "x-\\a" "x-a), ("x-a"), qq("x-\xe4"),
        qq("x-\t"), qq("x-a"\t"x-b"), '"x-a""x-b"', '"x-a","x-b"', '"x-a";',
        '"x-a" ', ' "x-a"', '"x-a"  "x-b"', '("x-a")', '"x-a" "x-b" "x-a"');

    push(@lists, map { "$needed $_" } @one);

    # the parameters of components
    for my $flag (qw(;sf ;bs ;key="a" ;key=a ;req ;tr ;name="a" ;x ;x=1 ;sf=?0
        ;sf;bs ;sf;sf ;Sf ; ;=), '; sf', ' ;sf')
    {
        push(@lists, map { "$needed $_$flag" } '"x-dict"', '"@query"',
            '"@query-param"');
        push(@lists, qq("\@method" "\@authority" "\@path"$flag )
            . '"content-digest"', qq("\@method" "\@authority" "\@path" )
            . qq("content-digest"$flag));
    }

    # many
    for my $n (19, 20, 21, 100, 1000) {
        push(@lists, join(' ', $needed, map { qq("x-$_") } 1 .. $n));
    }

    push(@lists, '"@method" "@target-uri" "content-digest"',
        '"@method" "@target-uri"', '"@target-uri" "content-digest"',
        '"@method" "@authority" "@request-target" "content-digest"');

    my @headers = (['X-A', 'a'], ['x-b', 'B'], ['X-Empty', ''],
        ['X-Twice', '1'], ['X-A-B', '-'], ['X-TWICE', ' 2 '],
        ['X-Space', '   a  b  '], ['X-Tab', "\ta\tb\t"],
        ['X-Dict', 'a=1,  b=2;x;y=?0, c=(1   2)'],
        ['Content-Type', 'application/json'],
        map { ["X-$_", $_] } 1 .. 100);

    return map { ["covered: (" . substr($_, 0, 60) . ')',
        input => "sig1=($_)$params", headers => \@headers] } @lists;
}


sub parameters
{
    my ($keyid, $now, $list) = @_;

    my ($fqdn, $tag) = split(m{/}, $keyid);
    my $created = ";created=$now";
    my $id = qq(;keyid="$keyid");
    my @texts = ('', $created, $id, "$id$created", "$created$id$created",
        "$created$id$id", $created . uc($id), uc($created) . $id);

    # times
    for my $time ($now - 301, $now - 300, $now - 299, $now - 1, $now + 1,
        $now + 60, $now + 61, 0, 1, -1, '-0', '-', '', '1.0', "$now.0",
        "$now.", "0$now", "00$now", "+$now", "-$now", '9' x 15, '9' x 16,
        '9' x 19, '18446744073709551616', '9' x 400, 1 << 31, 1 << 32,
        "\"$now\"", ":$now:", "t$now", '?1', "\@$now", '1e9', '0x10',
        "$now,", "($now)", " $now", "$now ", "\t$now")
    {
        push(@texts, ";created=$time$id");
        push(@texts, "$created$id;expires=$time");
    }

    push(@texts, ";created=@{[$now - 9]}$id;expires=@{[$now - 9]}",
        ";created=@{[$now - 9]}$id;expires=$now",
        ";created=@{[$now + 9]}$id;expires=$now", ";created$id",
        map({ ";created=@{[$now - 300]};expires=@{[$now - $_]}$id" } 0 .. 3),
        "$created$id;expires");

    # strings
    my @words = (qw("" "a" "srv-reg" "SRV-REG" "srv-reg " "\"" "\\" "\a" "
        "a a a" :YQ==: 1 ?1 ?0 1.5), '" "', qq("\xc3\xa4"), qq("\t"),
        '"' . 'x' x 5000 . '"', '"srv-reg"', "\"\x7f\"", '" srv-reg"');

    for my $name (qw(tag nonce alg x Tag)) {
        push(@texts, "$created$id;$name", map { "$created$id;$name=$_" }
            @words);
    }

    push(@texts, map { qq($created$id;alg="$_") } qw(hmac-sha256 HMAC-SHA256
        ed25519 ecdsa-p256-sha256 ecdsa-p384-sha384 rsa-pss-sha512
        rsa-v1_5-sha256 none HS256));

    # keyids
    for my $other ("$fqdn/", $fqdn, "/$tag", "$fqdn/$tag ", " $fqdn/$tag",
        "$fqdn//$tag", "$fqdn./$tag", ".$fqdn/$tag", "$fqdn/00000000",
        "$fqdn/" . uc($tag), uc($fqdn) . "/$tag", "$fqdn/0$tag", "a.$fqdn/$tag",
        substr($fqdn, 1) . "/$tag", "example/$tag", "a.example/$tag",
        "-a.example/$tag", "a-.example/$tag", "a..example/$tag",
        "*.example/$tag", '*', '', 'test-key', ('a.' x 130) . "a/$tag",
        'a' x 64 . ".example/$tag", "\\\"$fqdn/$tag", "$fqdn\\\\/$tag",
        "$fqdn/$tag/$tag")
    {
        push(@texts, qq($created;keyid="$other"));
    }

    push(@texts, map { "$created;keyid=$_" } 1, '?1', ':YQ==:', 'a.b/01020304',
        '', $keyid);

    # how they are separated, and how many there are
    push(@texts, "; created=$now$id", ";  created=$now; keyid=\"$keyid\"",
        " $created$id", "$created $id", "$created;$id", "$created$id;",
        ";created =$now$id", ";created= $now$id", ",$created$id",
        "$created$id ", "$created$id\t", "\t$created$id",
        "$created$id;nonce=\"a\";nonce=\"b\"", "$created$id;\tnonce=\"a\"",
        qq($created$id;nonce="a";alg="hmac-sha256";tag="srv-reg";)
            . "expires=@{[$now + 60]}");
    push(@texts, map { my $n = $_; join('', $created, $id,
        map { ";x$_=1" } 1 .. $n) } 1, 10, 11, 500);

    return map { ["parameters: " . substr($_, 0, 99),
        input => "sig1=$list$_"] } @texts;
}


# The field around the member.

sub dictionaries
{
    my ($good) = @_;

    my @values = (undef, '', ' ', 'sig1', 'sig1=', 'sig1=?1', 'sig1=()',
        'sig1=1', $good, "=$good", "SIG1=$good", "Sig1=$good", "1=$good",
        "-a=$good", "*=$good", "sig1 =$good", "sig1= $good", "sig1=$good,",
        ",sig1=$good", "sig1=$good,,", "sig1=$good;", "sig1=$good, ",
        " sig1=$good ", "\tsig1=$good\t", "sig1=$good x", "sig1=$good sig2=()",
        "sig1=$good, sig1=$good", "sig1=(), sig1=$good", "sig1=$good, sig1=()",
        "sig1=$good, sig2=$good", "sig2=$good", "sig2=$good, sig1=()",
        "sig2=(), sig1=$good", "sig2=()  ,  sig1=$good", "sig2=(),sig1=$good",
        "sig2=()\t,\tsig1=$good", "sig2=(),\tsig1=$good", "a, sig1=$good",
        "a=1, sig1=$good", "a=\"x\", sig1=$good", "a=(1 2), sig1=$good",
        "a=(1.5), sig1=$good", "a=(\@1), sig1=$good", "a=(%\"x\"), sig1=$good",
        "a=(((), sig1=$good", "a=(x), sig1=$good", "a=();x;x, sig1=$good",
        "a=(\"\"), sig1=$good", "a=(:%:), sig1=$good", "a=(:a:), sig1=$good",
        "a=(?2), sig1=$good", "a=();x=?, sig1=$good", "a=(" . ' ' x 99
            . "), sig1=$good", "a=(-), sig1=$good", "a=(-1 tok*/:en), "
            . "sig1=$good", "sig1=\"$good\"", "sig1=($good)",
        "sig1=$good\0", "sig1=$good\r\nX: y", "sig1=$good\nsig2=()",
        "sig1=$good\x7f", "sig1=$good, \xe4=()", [split(/ /, "sig1=$good")],
        ["sig1=$good", ''], ['', "sig1=$good"], ['a=()', "sig1=$good"],
        ["sig1=$good", 'a=()'], ['a=(', ")sig1=$good"], ['a=(', "sig1=$good"],
        ['a=()', "sig1=$good", 'a=()'], ["sig1=$good", "sig1=$good"],
        ["sig1=$good,", 'a=()'], [' a=() ', "\tsig1=$good\t"]);

    for my $n (6, 7, 8, 99, 1000) {
        push(@values, join(', ', "sig1=$good", map { "a$_=()" } 1 .. $n),
            join(',', map({ "a$_=()" } 1 .. $n), "sig1=$good"),
            [map({ "a$_=()" } 1 .. $n), "sig1=$good"]);
    }

    # the longest
    my $rest = 32768 - length("a=(), sig1=$good");

    push(@values, 'a=(' . ' ' x $rest . "), sig1=$good",
        'a=(' . ' ' x ($rest + 1) . "), sig1=$good",
        ['a=(' . ' ' x ($rest - 999) . ')', "sig1=$good"],
        ['a=(' . ' ' x ($rest + 1) . ')', "sig1=$good"]);

    # labels of every length, and any byte between two members
    push(@values, map { my $label = $_; ["$label=()", "sig1=$good"] }
        'a' x 64, 'a' x 5000, 'a.b_c-d*9', '*a', 'a b', 'a/b', 'a"');
    push(@values, map { 'a=()' . chr($_) . "sig1=$good" } 0 .. 255);

    return map { ['Signature-Input ' . (ref($_) ? 'in ' . @$_ . ' lines: '
        . join('|', map { substr($_, 0, 20) } @$_[0, -1])
        : substr($_ // 'none', 0, 60)), input => $_] } @values;
}


# The bytes, and the field that has them.

sub signatures
{
    my ($good) = @_;

    my $base64 = sub { my ($change) = @_; return sub {
        $_[0] =~ s/:(.*):/':' . $change->($1) . ':'/er } };
    my @texts = (
        ['none', undef], ['empty', ''], ['a label alone', 'sig1'],
        ['no bytes', 'sig1=::'], ['a string', 'sig1="AAAA"'],
        ['a token', 'sig1=AAAA'], ['a list', 'sig1=(:AAAA:)'],
        ['another label', sub { $_[0] =~ s/sig1/sig2/r }],
        ['upper case', sub { $_[0] =~ s/sig1/SIG1/r }],
        ['twice', sub { "$_[0], $_[0]" }],
        ['twice, in lines', sub { [$_[0], $_[0]] }],
        ['the wrong one first', sub { "sig1=:AAAA:, $_[0]" }],
        ['the wrong one last', sub { "$_[0], sig1=:AAAA:" }],
        ['others', sub { "a=:AAAA:, $_[0], b=:AAAA:" }],
        ['others of other types', sub { "a, $_[0], b=1, c=\"x\", d=(1 2)" }],
        ['others that cannot be decoded', sub { "a=:A:, $_[0]" }],
        ['others that are none', sub { "a=:%:, $_[0]" }],
        ['another twice', sub { "a, a, $_[0]" }],
        ['in lines', sub { ['a=:AAAA:', $_[0], 'b=:AAAA:'] }],
        ['cut into lines', sub { [substr($_[0], 0, 20), substr($_[0], 20)] }],
        ['an empty line', sub { ['', $_[0]] }],
        ['a comma more', sub { "$_[0]," }],
        ['a comma before', sub { ",$_[0]" }],
        ['a parameter', sub { "$_[0];x" }],
        ['a parameter\'s semicolon', sub { "$_[0];" }],
        ['a space before', sub { " $_[0]" }],
        ['a space in it', sub { $_[0] =~ s/=:/= :/r }],
        ['no colon', sub { $_[0] =~ s/:$//r }],
        ['no padding', $base64->(sub { $_[0] =~ s/=+$//r })],
        ['more padding', $base64->(sub { "$_[0]=" })],
        ['padding twice', $base64->(sub { "$_[0]====" })],
        ['padding in the middle', $base64->(sub { "AA==$_[0]" })],
        ['white space', $base64->(sub { "A A$_[0]" })],
        ['base64url', $base64->(sub { $_[0] =~ tr{+/}{-_}r })],
        ['other bits that are left over', $base64->(sub {
            $_[0] =~ s/(.)(=+)$/chr(ord($1) + 1) . $2/er })],
        map({ my $n = $_; ["$n members", sub { join(', ', $_[0],
            map { "a$_=:AAAA:" } 2 .. $n) }] } 8, 9, 1000),
        map({ my $n = $_; ["$n zero bytes", sub { 'sig1=:'
            . encode_base64("\0" x $n, '') . ':' }] } 1 .. 3, 31 .. 33,
            63 .. 66, 128, 9000),
        map({ my $c = chr($_); ["chr $_ at the end", sub { "$_[0]$c" }],
            ["chr $_ in it", $base64->(sub { "AAA$c$_[0]" })] } 0 .. 255),
    );
    my @bytes = (
        ['a byte less', sub { substr($_[0], 1) }],
        ['a byte more', sub { "$_[0]\0" }],
        ['a byte before', sub { "\0$_[0]" }],
        ['twice the bytes', sub { $_[0] x 2 }],
        ['half of them', sub { substr($_[0], 0, length($_[0]) / 2) }],
        ['as hex', sub { unpack('H*', $_[0]) }],
        map({ my $bit = $_; ["bit $bit flipped", sub { my $b = shift;
            vec($b, $bit, 1) ^= 1; $b }] } 0, 7, 100, 255),
    );
    my @signed = (
        ['a line feed more', sub { "$_[0]\n" }],
        ['CRLF', sub { $_[0] =~ s/\n/\r\n/gr }],
        ['nothing', sub { '' }],
        ['no parameters', sub { $_[0] =~ s/\n[^\n]*$//r }],
        ['no space after a colon', sub { $_[0] =~ s/": /":/gr }],
        ['names without quotes', sub { $_[0] =~ s/^"(.*?)"/$1/gmr }],
        ['upper case', sub { uc($_[0]) }],
        ['its label', sub { $_[0] =~ s/(signature-params": )/$1sig1=/r }],
    );

    return map({ ["Signature: $_->[0]", input => "sig1=$good",
            signature => $_->[1]] } @texts),
        map({ ["bytes: $_->[0]", input => "sig1=$good", bytes => $_->[1]] }
            @bytes),
        map({ ["signed: $_->[0]", input => "sig1=$good", signed => $_->[1]] }
            @signed);
}


# RFC 9530

sub digests
{
    my ($good) = @_;

    my $body = '{}';
    my ($s256, $s512) = map { content_digest($body, $_) } qw(sha-256 sha-512);
    my ($w256, $w512) = map { content_digest("x", $_) } qw(sha-256 sha-512);
    my $weak = 'md5=:mZFLkyvTelC5g8XnyQrpOw==:, sha=:vyGp6PvFo4RvsFtPoIWeCR'
        . 'eyC8g=:, unixsum=:+g==:, crc32c=:AAAAAA==:';
    my @values = (undef, '', ' ', $s256, $s512, "$s256, $s512", "$s512,$s256",
        "$s256,$w512", "$w256, $s512", $w256, $w512, "$s256, $s256",
        "$s256, $w256", "$w256, $s256", $weak, "$weak, $s256", "$s256, $weak",
        [$s256, $s512], [$s256, $w512], [$s256, $s256], [$weak, $s256],
        ['', $s256], [$s256, ''], uc($s256), "sha-256", 'sha-256=',
        'sha-256=::', 'sha-256=:AAAA:', 'sha-256="x"', 'sha-256=x',
        'sha-256=1', 'sha-256=(:AAAA:)', 'sha-256=?1', "$s256;x", "$s256;q=0.5",
        "$s256;q=1", "$s256,", ",$s256", " $s256 ", "\t$s256\t",
        "x=1, $s256", "x=1.5, $s256", "x=(1 \"a\" b), $s256", "x, $s256",
        "x=:%:, $s256", "$s256,\t$s512", "x;y;y, $s256", "sha-384=:AAAA:",
        "sha256=" . substr($s256, 8), "SHA-256=" . substr($s256, 8),
        $s256 =~ s/=:$/:/r, $s256 =~ s/=:$/==:/r, $s256 =~ tr{+/}{-_}r,
        $s256 =~ s/(.)=:$/chr(ord($1) + 1) . '=:'/er,
        'sha-256=' . unpack('H*', Digest::SHA::sha256($body)), "$s256\xe4",
        'sha-256=:' . encode_base64("\0" x 65, '') . ':',
        map({ ("$s256, x=" . 'x' x (1024 - length($s256) - 4 + $_),
            [$s256, 'x=' . 'x' x (1024 - length($s256) - 4 + $_)]) } 0, 1),
        map({ join(', ', $s256, map { "x$_" } 1 .. $_) } 7, 8, 1000),
        map({ [$s256, map { "x$_" } 1 .. $_] } 7, 8, 400));

    my @none = (undef, '', content_digest('', 'sha-256'), $s256, 'sha-256=x',
        'md5=:AAAA:', 'x', '=');

    return map({ ['Content-Digest: ' . (ref($_) ? @$_ . ' lines'
            : substr($_ // 'none', 0, 60)), input => "sig1=$good",
            digest => $_] } @values),
        map({ ['without a body, Content-Digest: ' . ($_ // 'none'),
            input => "sig1=$good", digest => $_, body => ''] } @none),
        map({ ['... not covered: ' . ($_ // 'none'), input => 'sig1='
            . $good =~ s/ "content-digest"//r, digest => $_, body => ''] }
            @none);
}


# Method, authority, path, query.  None of these are for a server to route.

sub targets
{
    my ($params) = @_;

    my $list = '("@method" "@authority" "@path" "content-digest"';
    my @lists = ("$list)", "$list \"\@query\")",
        '("@method" "@target-uri" "content-digest")',
        "$list \"\@query\" \"\@scheme\" \"\@request-target\" \"\@target-uri\")",
        "$list \"\@query-param\";name=\"a\")");
    my @targets = (
        map({ { query => $_ } } '', 'a', 'a=b', 'a=b&c', '?', 'a b', "a\xe4",
            '%41', "a\nb"),
        map({ { path => $_ } } '/', '', '*', '/%61', '/a b', "/\xe4", '//',
            '/a/../b', "/a\n"),
        map({ { authority => $_ } } qw(Example.NET a:443 a:80 a: a:8443
            [::1] [::1]:443 [::1]:8443 [FE80::1] a:0443 a:443: :443 : 443
            a.), '', 'a b', "\xe4", "a\n"),
        map({ { scheme => 'http', authority => $_ } } qw(a:443 a:80 a:)),
        map({ { method => $_ } } qw(GET get PATCH X-Y *), '', "A B"),
    );
    my @cases;

    for my $target (@targets) {
        push(@cases, map { [join(' ', 'target', %$target, substr($_, 0, 99)),
            input => "sig1=$_$params", %$target] } @lists);
    }

    return @cases;
}


# Each byte of the member: taken away, doubled, in another case, replaced.

sub damages
{
    my ($good) = @_;

    my @cases;

    for my $at (0 .. length($good) - 1) {
        my $byte = substr($good, $at, 1);

        for my $new ('', $byte x 2, $byte ^ ' ', ' ', '"', ';', '=', '(', ')',
            ',', '0', '\\')
        {
            my $text = $good;

            substr($text, $at, 1) = $new;
            push(@cases, [sprintf('byte %d "%s" for "%s"', $at,
                $new =~ s/([^ -~])/sprintf('\\x%02x', ord($1))/er, $byte),
                input => "sig1=$text"]) if $text ne $good;
        }
    }

    return @cases;
}


1;
