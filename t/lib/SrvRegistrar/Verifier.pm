package SrvRegistrar::Verifier;

# The other side of HTTP Message Signatures, for tests: an implementation of
# RFC 9421 and RFC 9530 written from these, and of the profile in
# docs/http-api.md on top of them, to hold the registrar's against.  It is slow
# and plain on purpose, and shares nothing with it.
#
# A request is a hash: method, scheme, authority, path, query (undef: none),
# headers (a list of [name, value], in order), body.  A key is a hash: keyid,
# algorithm, key (for SrvRegistrar::Signature).
#
#     base($request, $member)      the signature base, or undef
#     valid($request, $key)        the RFC's word: does a signature of this key
#                                  verify, and do the digests that it covers?
#     verdict($request, $key, $now)     the profile's: "ok" or a reason

use strict;
use warnings;

use Digest::SHA qw(sha256 sha512);
use Exporter qw(import);
use MIME::Base64 qw(encode_base64);

use SrvRegistrar::Signature qw(verify_signature);
use SrvRegistrar::StructuredField qw(parse_dictionary final serialize);

our @EXPORT_OK = qw(base field valid verdict);

use constant {
    MEMBERS_MAX => 8,
    PARAMS_MAX => 12,
    COMPONENTS_MAX => 24,
    FIELD_MAX => 32768,
    DIGEST_MAX => 1024,
    PAST => 300,
    FUTURE => 60,
};

my %digest = ('sha-256' => \&sha256, 'sha-512' => \&sha512);

my %derived = (
    '@method' => sub { $_[0]{method} },
    '@scheme' => sub { lc($_[0]{scheme}) },
    '@authority' => \&authority,
    '@path' => sub { $_[0]{path} },
    '@query' => sub { '?' . ($_[0]{query} // '') },
    '@request-target' => \&target,
    '@target-uri' => sub { lc($_[0]{scheme}) . '://' . authority($_[0])
        . target($_[0]) },
);


# RFC 9421 2.5; $member is a member of Signature-Input, parsed.

sub base
{
    my ($request, $member) = @_;

    my (@lines, %seen);

    for my $item (@{ $member->{value} }) {
        return undef if $item->{type} ne 'string';

        my $name = serialize($item);
        my $value = component($request, $item) // return undef;

        # a line more or a byte that is not ASCII: not to be signed
        return undef if $seen{$name}++ || $value =~ /[^\t -~]/;

        push(@lines, "$name: $value");
    }

    return join("\n", @lines, '"@signature-params": ' . serialize($member));
}


# 2.1, 2.2: of a request, so that no ;req; its trailers are not seen.

sub component
{
    my ($request, $item) = @_;

    my $name = $item->{value};
    my %flag = map { $_->[0] => $_->[1]{value} } @{ $item->{params} };

    if ($name eq '@query-param') {
        return undef if join(' ', keys(%flag)) ne 'name';

        my ($value, @more) = map { (split(/=/, $_, 2))[1] // '' }
            grep { (split(/=/, $_, 2))[0] eq $flag{name} }
            split(/&/, $request->{query} // '');

        return @more ? undef : $value;
    }

    if ($name =~ /^@/) {
        my $code = $derived{$name};
        my $value = $code && !%flag ? $code->($request) : undef;

        # no target has no host or no path (RFC 9110 4.2.2, 7.1)
        return undef if $name =~ /^@(?:target-uri|request-target)$/
            && (authority($request) eq '' || $request->{path} eq '');

        # a request line and a Host have visible characters alone
        return defined($value) && $value =~ /^[!-~]+$/ ? $value : undef;
    }

    return undef if $name !~ /^[a-z0-9!#\$%&'*+.^_`|~-]+$/;
    return undef if grep { !/^(?:sf|bs|key)$/ } keys(%flag);

    my @lines = lines($request, $name) or return undef;

    # 2.1.3
    return join(', ', map { ':' . encode_base64($_, '') . ':' } @lines)
        if $flag{bs};

    my $value = join(', ', @lines);

    return $value if !%flag;

    # 2.1.1, 2.1.2, of dictionaries
    my $members = parse_dictionary($value) // return undef;

    if (defined($flag{key})) {
        my $found = final($members)->{ $flag{key} } // return undef;
        return serialize($found);
    }

    return join(', ', map { "$_->{key}=" . serialize($_) } @$members);
}


# RFC 9110 5.5: the whitespace around a value is none of it.

sub lines
{
    my ($request, $name) = @_;

    return map { $_->[1] =~ s/^[ \t]+|[ \t]+$//gr }
        grep { lc($_->[0]) eq $name } @{ $request->{headers} };
}


# All lines of a field as one value; undef: there is none.

sub field
{
    my ($request, $name) = @_;

    my @lines = lines($request, $name);

    return @lines ? join(', ', @lines) : undef;
}


# 2.2.3

sub authority
{
    my ($request) = @_;

    my $default = { https => 443, http => 80 }->{ $request->{scheme} } // '';

    return lc($request->{authority}) =~ s/:(?:$default)?$//r;
}


# 2.2.5

sub target
{
    my ($request) = @_;

    return $request->{path} . (defined($request->{query})
        ? "?$request->{query}" : '');
}


# RFC 9421 3.2 and RFC 9530, with nothing of ours but the key.

sub valid
{
    my ($request, $key) = @_;

    my ($input, $signatures) = map { parse_dictionary($_ // '') }
        map { field($request, $_) } qw(signature-input signature);

    return 0 if !$input || !$signatures;

    $signatures = final($signatures);

    for my $member (values(%{ final($input) })) {
        my $signature = $signatures->{ $member->{key} };

        next if $member->{type} ne 'list' || !$signature
            || $signature->{type} ne 'bytes';

        my %param = map { $_->[0] => $_->[1] } @{ $member->{params} };

        next if !same_key($param{keyid}, $key);
        next if $param{alg} && $param{alg}{value} ne $key->{algorithm};

        my $base = base($request, $member) // next;

        return 1 if verifies($base, $signature->{value}, $key)
            && digests_right($request);
    }

    return 0;
}


# DNS knows no case, and a keyid's first part is a name.

sub same_key
{
    my ($param, $key) = @_;

    return 0 if !$param || $param->{type} ne 'string';

    my ($name, $tag) = split(m{/}, $key->{keyid});

    return $param->{value} =~ m{^\Q$name\E/(.*)\z}is && $1 eq $tag;
}


sub verifies
{
    my ($base, $bytes, $key) = @_;

    return eval { verify_signature($base, $bytes, $key->{key}) } ? 1 : 0;
}


sub digests_right
{
    my ($request) = @_;

    my $value = field($request, 'content-digest') // return 1;
    my $members = parse_dictionary($value) // return 0;

    return !grep { $digest{ $_->{key} }
        && ($_->{type} ne 'bytes'
            || $_->{value} ne $digest{ $_->{key} }->($request->{body})) }
        values(%{ final($members) });
}


# The profile, in the order in which docs/security.md lets a stranger learn
# of things.

sub verdict
{
    my ($request, $key, $now) = @_;

    my ($reason, $member, $signature) = form($request);

    $reason //= covers($request, $member) // digests($request);

    return $reason if $reason;

    my %param = map { $_->[0] => $_->[1] } @{ $member->{params} };

    return 'unknown-key' if !same_key($param{keyid}, $key);
    return 'signature-invalid'
        if $param{alg} && $param{alg}{value} ne $key->{algorithm};

    my $base = base($request, $member) // return 'signature-malformed';

    return 'signature-invalid' if !verifies($base, $signature, $key);

    my $created = $param{created}{value};

    return 'clock-skew'
        if $created < $now - PAST || $created > $now + FUTURE;
    return 'signature-expired'
        if $param{expires} && $param{expires}{value} < $now;

    return 'ok';
}


# (reason, member, bytes)

sub form
{
    my ($request) = @_;

    my $value = field($request, 'signature-input')
        // return 'signature-required';
    my $members = strict($value) // return 'signature-malformed';

    return 'signature-malformed' if grep { $_->{type} ne 'list' } @$members;

    my @ours = grep { is_ours($_) } @$members;

    return 'signature-required' if !@ours;
    return 'signature-malformed' if @ours > 1 || !well_formed($ours[0])
        || serialize($ours[0]) ne $ours[0]{text};

    my $signatures = strict(field($request, 'signature') // '')
        // return 'signature-malformed';
    my ($found) = grep { $_->{key} eq $ours[0]{key} } @$signatures;

    return 'signature-malformed' if !$found || $found->{type} ne 'bytes'
        || @{ $found->{params} } || !canonical($found)
        || length($found->{value}) < 1 || length($found->{value}) > 64;

    return (undef, $ours[0], $found->{value});
}


# A dictionary as the profile wants it: no key and no parameter twice, no tab,
# few members, and the types of RFC 8941 but decimals.

sub strict
{
    my ($value) = @_;

    my $members = $value =~ /[^ -~]/ || length($value) > FIELD_MAX ? undef : parse_dictionary($value);

    return undef if !$members || @$members > MEMBERS_MAX
        || twice(map { $_->{key} } @$members);

    for my $part (map { ($_, $_->{type} eq 'list' ? @{ $_->{value} } : ()) }
        @$members)
    {
        my @params = @{ $part->{params} };

        return undef if @params > PARAMS_MAX || twice(map { $_->[0] } @params);
        return undef if grep { $_->{type} =~ /^(?:decimal|date|display)$/ }
            $part, map { $_->[1] } @params;
    }

    return $members;
}


sub twice
{
    my %seen;

    return scalar(grep { $seen{$_}++ } @_);
}


sub is_ours
{
    my ($member) = @_;

    my %param = map { $_->[0] => $_->[1] } @{ $member->{params} };
    my ($keyid, $tag) = @param{qw(keyid tag)};

    return 0 if $tag && ($tag->{type} ne 'string'
        || $tag->{value} ne 'srv-reg');

    return 0 if !$keyid || $keyid->{type} ne 'string';

    my ($name) = $keyid->{value} =~ m{^([^/]+)/[0-9a-f]{8}\z} or return 0;
    my $label = qr/(?!-)[A-Za-z0-9_-]{1,63}(?<!-)/;

    return length($name) <= 253 && $name =~ /^$label(?:\.$label)+\z/;
}


sub well_formed
{
    my ($member) = @_;

    my %type = (created => 'integer', expires => 'integer', map({ $_ =>
        'string' } qw(keyid alg nonce tag)));
    my %value;

    for (@{ $member->{params} }) {
        my ($name, $item) = @$_;

        return 0 if ($type{$name} // '') ne $item->{type};
        $value{$name} = $item->{value};
    }

    return 0 if !defined($value{created}) || $value{created} < 0;
    return 0 if exists($value{expires})
        && ($value{expires} < 1 || $value{expires} < $value{created});
    return 0 if exists($value{alg}) && $value{alg} eq '';

    my @items = @{ $member->{value} };

    return 0 if @items > COMPONENTS_MAX || twice(map { $_->{value} } @items);

    return !grep { $_->{type} ne 'string' || @{ $_->{params} }
        || !($derived{ $_->{value} }
             || $_->{value} =~ /^[a-z0-9!#\$%&'*+.^_`|~-]+\z/) } @items;
}


sub canonical
{
    my ($item) = @_;

    return encode_base64($item->{value}, '') eq $item->{base64};
}


sub covers
{
    my ($request, $member) = @_;

    my %covered = map { $_->{value} => 1 } @{ $member->{value} };

    @covered{qw(@authority @path @query)} = (1, 1, 1)
        if $covered{'@target-uri'};

    my @needed = ('@method', '@authority', '@path',
        defined($request->{query}) ? '@query' : (),
        length($request->{body}) ? 'content-digest' : ());

    return grep({ !$covered{$_} } @needed) ? 'signature-incomplete' : undef;
}


sub digests
{
    my ($request) = @_;

    my $value = field($request, 'content-digest') // '';
    my $members = length($value) > DIGEST_MAX ? undef : strict($value);

    return 'signature-malformed' if !$members;

    my @known = grep { $digest{ $_->{key} } } @$members;

    for (@known) {
        return 'signature-malformed' if $_->{type} ne 'bytes'
            || !canonical($_) || length($_->{value}) > 64;
        return 'digest-mismatch'
            if $_->{value} ne $digest{ $_->{key} }->($request->{body});
    }

    return !@known && length($request->{body}) ? 'digest-required' : undef;
}


1;
