package SrvRegistrar::Peers;

# NSD and Knot, serving one zone beside dnsd: whom its answers are held
# against.
#
#   my $peers = SrvRegistrar::Peers->new(dir => ..., address => ...,
#                                        zone => 'devices.example');
#   $peers->start($text);                 # of the zone file
#   my @arguments = $peers->arguments();  # for build/t/dns_compare
#   $peers->stop();
#
# Both take UDP up to 4096 bytes, so that a dnsd with `--udp-size 4096`
# truncates where they do.

use strict;
use warnings;

use Carp qw(croak);
use IO::Select;
use IO::Socket::INET;

use SrvRegistrar::Nsd qw(nsd_command);
use SrvRegistrar::Process qw(free_port program);

use constant PROGRAMS => { nsd => 'nsd', knot => 'knotd' };

# A zone with something of each kind that has answers of its own; its SOA and
# its devices are the test's.

use constant STATIC => <<'END';
@ 3600 NS ns1
@ 3600 NS ns2.dns
@ 3600 NS ns.other.test.
@ 300 MX 10 mail
@ 300 MX 20 @
@ 300 MX 30 www
@ 300 A 192.0.2.10
@ 300 AAAA 2001:db8::10
@ 300 TXT "one" "two"
@ 300 CAA 0 issue "ca.example.net"
ns1 3600 A 192.0.2.1
ns1 3600 AAAA 2001:db8::1
ns2.dns 1800 A 192.0.2.11
mail 300 A 192.0.2.2
www 300 CNAME mail
chain 300 CNAME www
nowhere 300 CNAME nope.mail
out 300 CNAME www.other.test.
loop1 300 CNAME loop2
loop2 300 CNAME loop1
self 300 CNAME self
toapex 300 CNAME @
a.b.c 60 TXT "deep"
x.b.c 60 CNAME a.b.c
_sip._udp 300 SRV 1 2 5060 mail
_sip._udp 300 SRV 1 2 5061 www
_sip._udp 300 SRV 1 2 5062 sip.other.test.
_dns.res 300 SVCB 1 ns1 alpn=dot port=853
_none._tcp 300 SRV 0 0 0 .
ptr 300 PTR mail
naptr 300 NAPTR 10 10 "S" "SIP+D2U" "" _sip._udp
END


# Undefined where all is there, otherwise what is missing.

sub missing
{
    my @missing = grep { !program($_) } values(%{ PROGRAMS() });

    return @missing ? 'no ' . join(' or ', sort @missing) : undef;
}


sub new
{
    my ($class, %args) = @_;

    return bless { %args }, $class;
}


# Starts both with this zone; where they run, they are started anew, on other
# ports: on a busy machine a child of the old one still has its port, and
# answers from the old zone.

sub start
{
    my ($self, $text) = @_;

    $self->stop();

    $self->{port}{$_} = free_port($self->{address})
        for keys(%{ PROGRAMS() });

    $self->write_file('peers.zone', $text);
    $self->write_file('knot.conf', $self->knot_configuration());

    my %command = (
        nsd  => [nsd_command(
            (map { $_ => $self->{$_} } qw(dir address zone)),
            port => $self->{port}{nsd}, file => 'peers.zone',
            options => ['ipv4-edns-size: 4096'])],
        knot => [program(PROGRAMS->{knot}), '-c', "$self->{dir}/knot.conf"],
    );

    for my $name (sort keys(%command)) {
        $self->{process}{$name} = SrvRegistrar::Process->start(
            command => $command{$name},
            output  => "$self->{dir}/$name.log",
            ready   => sub { $self->answers($name) },
        );
    }
}


sub stop
{
    my ($self) = @_;

    $_->stop() for values(%{ delete $self->{process} // {} });
}


# Whether it has the zone: AA and an answer.

sub answers
{
    my ($self, $name) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $self->{address},
        PeerPort => $self->{port}{$name}, Proto => 'udp') or return 0;
    my $owner = join('', map { pack('C/a*', $_) } split(/\./, $self->{zone}));

    $socket->send(pack('n6', 1, 0, 1, 0, 0, 0) . $owner . "\0\0\6\0\1");
    IO::Select->new($socket)->can_read(1) or return 0;
    defined($socket->recv(my $reply, 4096)) or return 0;

    my ($flags, $answers) = unpack('x2 n x2 n', $reply);

    return $flags & 0x0400 && $answers;
}


sub arguments
{
    my ($self) = @_;

    return map { "$_=$self->{address}\@$self->{port}{$_}" }
        sort keys(%{ PROGRAMS() });
}


sub write_file
{
    my ($self, $name, $text) = @_;

    open(my $file, '>', "$self->{dir}/$name") or croak("$name: $!");
    print $file $text;
    close($file) or croak("$name: $!");
}


sub knot_configuration
{
    my ($self) = @_;

    return <<"END";
server:
    rundir: "$self->{dir}"
    listen: $self->{address}\@$self->{port}{knot}
    udp-max-payload: 4096
    tcp-workers: 1
    udp-workers: 1
    background-workers: 1
database:
    storage: "$self->{dir}"
log:
  - target: stderr
    any: warning
zone:
  - domain: $self->{zone}.
    storage: "$self->{dir}"
    file: peers.zone
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
END
}


1;
