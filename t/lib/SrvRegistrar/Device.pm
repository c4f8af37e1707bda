package SrvRegistrar::Device;

# One device as a test drives it: its certificate, the key that it was given,
# and the rule that `created` always grows.  Made by $t->device('name').
#
#   $device->enroll();                      # the reply; keeps name and key
#   $device->put({ services => [...] });    # signed; the reply
#   $device->signed('PATCH', '/v1/records', '{}', sign => { created => 1 });

use strict;
use warnings;

use JSON::PP ();

use SrvRegistrar::Signature qw(make_key sign);


# bench, name (of its certificate)

sub new
{
    my ($class, %args) = @_;

    return bless { last => 0, %args }, $class;
}


sub bench { return $_[0]{bench} }
sub fqdn { return $_[0]{fqdn} }
sub keyid { return $_[0]{keyid} }


# POST /v1/enroll with the certificate.  After a 2xx the device signs with the
# new key, unless keep => 0.  algorithm => 'ed25519' or 'ecdsa-p256-sha256'
# makes a key of its own; other arguments are SrvRegistrar::Client's.

sub enroll
{
    my ($self, %args) = @_;

    my $private;

    if (my $algorithm = delete $args{algorithm}) {
        ($private, my $public) = make_key($algorithm);
        $args{body} = JSON::PP::encode_json({ public_key => $public });
    }

    my $reply = $self->{bench}->request('POST', '/v1/enroll',
        cert => $self->{name}, %args);

    if ($reply && $reply->{status} =~ /^2/ && ($args{keep} // 1)) {
        $self->keep($reply->{json}, $private);
    }

    return $reply;
}


# Takes name and key from a reply of enrolment or of rotation.

sub keep
{
    my ($self, $json, $private) = @_;

    @{$self}{qw(fqdn keyid)} = @{$json}{qw(fqdn keyid)};
    $self->{key} = $private // $json->{key};
}


# A second one with the same name and key: what it was before it enrolled
# again.

sub twin
{
    my ($self) = @_;

    return bless { %$self }, ref($self);
}


# Signs and sends; body is bytes, a structure, or undef.
#
#   sign    what SrvRegistrar::Signature's sign takes, to break one rule
#   others  of SrvRegistrar::Client's request
#
# The bytes that went stay in $device->{sent}, for a replay.

sub signed
{
    my ($self, $method, $target, $body, %args) = @_;

    my $last = $self->{last};

    $self->{sent} = $self->signed_bytes($method, $target, $body, %args);

    my $reply = $self->{bench}{client}->exchange($self->{sent}, %args);

    # Not remembered by the registrar either: a test with many of these would
    # sign its way out of the window.
    $self->{last} = $last
        if $reply && ($reply->{status} >= 400 || $method eq 'GET');

    return $reply;
}


# The bytes of a signed request, which is not sent.

sub signed_bytes
{
    my ($self, $method, $target, $body, %args) = @_;

    my $client = $self->{bench}{client};
    my %sign = %{ delete $args{sign} // {} };

    $body = JSON::PP->new->canonical->utf8->encode($body) if ref($body);

    my @fields = sign(
        method  => $method,
        url     => 'https://' . $client->authority() . $target,
        body    => $body,
        keyid   => $self->{keyid},
        key     => $self->{key},
        defined($sign{created} // $sign{params})
            ? () : (created => $self->created()),
        %sign,
    );
    my @headers = @{ delete $args{headers} // [] };

    push(@headers, [splice(@fields, 0, 2)]) while @fields;

    return $client->bytes($method, $target, body => $body,
        headers => \@headers, %args);
}


# What an honest device does when it is told that its signature was too old:
# waits as told, and signs above the last one.

sub catch_up
{
    my ($self, $reply) = @_;

    $self->{last} = $reply->{json}{last_created};
    sleep($reply->{headers}{'retry-after'});
}


# max(now, last + 1), remembered.

sub created
{
    my ($self) = @_;

    my $now = time();

    $self->{last} = $now > $self->{last} ? $now : $self->{last} + 1;

    return $self->{last};
}


sub put    { return shift->signed('PUT', '/v1/records', @_) }
sub patch  { return shift->signed('PATCH', '/v1/records', @_) }
sub show   { return shift->signed('GET', '/v1/records', undef, @_) }
sub delete { return shift->signed('DELETE', '/v1/records', undef, @_) }
sub rotate { return shift->signed('POST', '/v1/key', @_) }


# POST /v1/credentials: issues those of the doors; the reply's credentials as
# { 'acme-dns' => { username, password, subdomain, fulldomain }, ... }.

sub credentials
{
    my ($self, @doors) = @_;

    my $reply = $self->signed('POST', '/v1/credentials',
        { issue => \@doors });
    my $list = $reply->{json}{credentials} // [];

    return { map { $_->{door} => $_ } @$list };
}


# Registers one service on a port.

sub register
{
    my ($self, $port, %args) = @_;

    return $self->put(registration($port), %args);
}


# Sends it and does not wait: the connection, for SrvRegistrar::Client's
# reply.

sub send_register
{
    my ($self, $port, %args) = @_;

    my $socket = $self->{bench}{client}->connect(%args) or die($@);

    print $socket $self->signed_bytes('PUT', '/v1/records',
        registration($port), %args);

    return $socket;
}


sub registration
{
    my ($port) = @_;

    return { services => [{ service => '_xmpp-server._tcp',
                            port    => $port }] };
}


1;
