package SrvRegistrar::Signature;

# The client's side of HTTP Message Signatures (RFC 9421) and Content-Digest
# (RFC 9530), for tests.  It shares no code and no library with the registrar
# (CryptX is libtomcrypt), so that a mistake in one does not hide in the other.
#
#     my @headers = sign(
#         method  => 'PUT',
#         url     => 'https://registrar.example.net/v1/records',
#         headers => ['Content-Type' => 'application/json'],
#         body    => '{}',
#         keyid   => $enrolled->{keyid},
#         key     => $enrolled->{key},        # a JWK, or raw bytes
#     );
#
# returns Content-Digest (where there is a body), Signature-Input and
# Signature, as a flat list of names and values; the headers given are not
# repeated.  Everything that is derived can be given instead, so that a test
# breaks one rule and keeps the others:
#
#     created, expires, nonce, alg, tag    parameters (created: now)
#     params          the whole text of the parameters, ';created=1...'
#     params_extra    text that is appended to them
#     components      names; one that begins with '"' is taken as it stands,
#                     parameters included: '"@path";req'
#     values          { '@path' => '/other' }: what is signed instead
#     authority       what is sent as Host, where it differs from the URL's
#     label           'sig1', as curl has it
#     digests         [ 'sha-256' ]: algorithms of Content-Digest
#     content_digest  its value; undef: none is sent
#     base            sub { $base } => another base, to be signed
#     signature       sub { $bytes } => other bytes, to be sent

use strict;
use warnings;

use Crypt::Mac::HMAC ();
use Crypt::PK::ECC ();
use Crypt::PK::Ed25519 ();
use Digest::SHA qw(sha256 sha512);
use Exporter qw(import);
use MIME::Base64 qw(encode_base64 decode_base64url encode_base64url);

our @EXPORT_OK = qw(sign signature_base content_digest raw_signature
    verify_signature make_key);


sub sign {
    my (%arg) = @_;

    my $body = defined $arg{body} ? $arg{body} : '';
    my $label = defined $arg{label} ? $arg{label} : 'sig1';
    my @headers = @{ $arg{headers} || [] };
    my @made;

    if (exists $arg{content_digest}) {
        push @made, 'Content-Digest' => $arg{content_digest}
            if defined $arg{content_digest};

    } elsif (length $body) {
        push @made, 'Content-Digest' =>
            content_digest($body, @{ $arg{digests} || ['sha-256'] });
    }

    my $components = $arg{components} || _components(\%arg, scalar @made);
    my $params = _component_list(@$components) . _params(\%arg);

    my $base = signature_base(
        %arg,
        headers => [@headers, @made],
        components => $components,
        signature_params => $params,
    );
    $base = $arg{base}->($base) if $arg{base};

    my $signature = raw_signature($base, $arg{key}, $arg{algorithm});
    $signature = $arg{signature}->($signature) if $arg{signature};

    return (
        @made,
        'Signature-Input' => "$label=$params",
        'Signature' => "$label=:" . encode_base64($signature, '') . ':',
    );
}


# RFC 9421 2.5.  Takes what sign takes, and signature_params: the text of the
# inner list with its parameters.
sub signature_base {
    my (%arg) = @_;

    my @lines;

    for my $component (@{ $arg{components} }) {
        my ($name) = $component =~ /^"([^"]*)"/;
        $name = $component unless defined $name;

        push @lines, _identifier($component) . ': ' . _value(\%arg, $name);
    }

    return join "\n", @lines, qq{"\@signature-params": $arg{signature_params}};
}


sub content_digest {
    my ($body, @algorithms) = @_;

    my %digest = ('sha-256' => \&sha256, 'sha-512' => \&sha512);

    return join ', ',
        map { "$_=:" . encode_base64($digest{$_}->($body), '') . ':' }
        @algorithms;
}


# The bytes of a signature over a base, as HTTP carries them.
sub raw_signature {
    my ($base, $key, $algorithm) = @_;

    $algorithm ||= _algorithm($key);

    if ($algorithm eq 'hmac-sha256') {
        return Crypt::Mac::HMAC::hmac('SHA256', _bytes($key, 'k'), $base);
    }

    if ($algorithm eq 'ed25519') {
        return Crypt::PK::Ed25519->new
            ->import_key_raw(_bytes($key, 'd'), 'private')
            ->sign_message($base);
    }

    if ($algorithm eq 'ecdsa-p256-sha256') {
        return Crypt::PK::ECC->new($key)
            ->sign_message_rfc7518($base, 'SHA256');
    }

    die "no such algorithm: $algorithm";
}


sub verify_signature {
    my ($base, $signature, $key, $algorithm) = @_;

    $algorithm ||= _algorithm($key);

    if ($algorithm eq 'hmac-sha256') {
        return raw_signature($base, $key, $algorithm) eq $signature;
    }

    if ($algorithm eq 'ed25519') {
        return Crypt::PK::Ed25519->new
            ->import_key_raw(_bytes($key, 'x'), 'public')
            ->verify_message($signature, $base);
    }

    my %public = %$key;
    delete $public{d};

    return Crypt::PK::ECC->new(\%public)
        ->verify_message_rfc7518($signature, $base, 'SHA256');
}


# A new pair as JWKs: the private one to sign with, the public one to enrol.
sub make_key {
    my ($algorithm) = @_;

    my %jwk;

    if ($algorithm eq 'ed25519') {
        my $pair = Crypt::PK::Ed25519->new->generate_key;
        %jwk = (
            kty => 'OKP',
            crv => 'Ed25519',
            x => encode_base64url($pair->export_key_raw('public')),
            d => encode_base64url($pair->export_key_raw('private')),
        );

    } elsif ($algorithm eq 'ecdsa-p256-sha256') {
        my $pair = Crypt::PK::ECC->new->generate_key('secp256r1');
        my $point = $pair->export_key_raw('public');
        %jwk = (
            kty => 'EC',
            crv => 'P-256',
            x => encode_base64url(substr $point, 1, 32),
            y => encode_base64url(substr $point, 33, 32),
            d => encode_base64url($pair->export_key_raw('private')),
        );

    } else {
        die "no key pairs for $algorithm";
    }

    my %public = %jwk;
    delete $public{d};

    return (\%jwk, \%public);
}


# curl's choice, and the digest where there is one.
sub _components {
    my ($arg, $digest) = @_;

    my @components = ('@method', '@authority', '@path');
    my $url = _split_url($arg->{url});

    push @components, '@query' if defined $url->{query};
    push @components, 'content-digest' if $digest;

    return \@components;
}


sub _component_list {
    my (@components) = @_;

    return '(' . join(' ', map { _identifier($_) } @components) . ')';
}


sub _identifier {
    my ($component) = @_;

    return $component =~ /^"/ ? $component : qq{"$component"};
}


sub _params {
    my ($arg) = @_;

    my $params = $arg->{params};

    if (!defined $params) {
        my $created = defined $arg->{created} ? $arg->{created} : time;

        $params = ";created=$created";
        $params .= qq{;keyid="$arg->{keyid}"} if defined $arg->{keyid};
        $params .= qq{;alg="$arg->{alg}"} if defined $arg->{alg};
        $params .= ";expires=$arg->{expires}" if defined $arg->{expires};
        $params .= qq{;nonce="$arg->{nonce}"} if defined $arg->{nonce};
        $params .= qq{;tag="$arg->{tag}"} if defined $arg->{tag};
    }

    return $params
        . (defined $arg->{params_extra} ? $arg->{params_extra} : '');
}


# What a component stands for, RFC 9421 2.1 and 2.2.
sub _value {
    my ($arg, $name) = @_;

    return $arg->{values}{$name} if exists $arg->{values}{$name};

    return _field($arg->{headers}, $name) unless $name =~ /^@/;

    my $url = _split_url($arg->{url});
    my $authority = _authority($url->{scheme},
        defined $arg->{authority} ? $arg->{authority} : $url->{authority});
    my $query = defined $url->{query} ? "?$url->{query}" : '';

    my %derived = (
        '@method' => $arg->{method},
        '@scheme' => $url->{scheme},
        '@authority' => $authority,
        '@path' => $url->{path},
        '@query' => length $query ? $query : '?',
        '@request-target' => "$url->{path}$query",
        '@target-uri' => "$url->{scheme}://$authority$url->{path}$query",
    );

    return defined $derived{$name} ? $derived{$name} : '';
}


sub _field {
    my ($headers, $name) = @_;

    my @values;

    for (my $i = 0; $i < @$headers; $i += 2) {
        next if lc $headers->[$i] ne $name;

        my $value = $headers->[$i + 1];
        $value =~ s/^[ \t]+|[ \t]+$//g;
        push @values, $value;
    }

    return join ', ', @values;
}


sub _authority {
    my ($scheme, $authority) = @_;

    my $port = $scheme eq 'https' ? 443 : 80;

    $authority = lc $authority;
    $authority =~ s/:(?:$port)?$//;

    return $authority;
}


sub _split_url {
    my ($url) = @_;

    my ($scheme, $authority, $path, $query)
        = $url =~ m{^([A-Za-z]+)://([^/?#]+)([^?#]*)(?:\?([^#]*))?}
        or die "not a URL: $url";

    return {
        scheme => lc $scheme,
        authority => $authority,
        path => length $path ? $path : '/',
        query => $query,
    };
}


sub _algorithm {
    my ($key) = @_;

    return 'hmac-sha256' unless ref $key;

    my %algorithm = (
        oct => 'hmac-sha256',
        OKP => 'ed25519',
        EC => 'ecdsa-p256-sha256',
    );

    return $algorithm{ $key->{kty} } || die "no such kty: $key->{kty}";
}


sub _bytes {
    my ($key, $member) = @_;

    return ref $key ? decode_base64url($key->{$member}) : $key;
}


1;
