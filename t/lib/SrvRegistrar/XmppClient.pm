package SrvRegistrar::XmppClient;

# The least XMPP client that can talk to somebody: a plain stream on
# loopback, SASL PLAIN, one resource, presence, messages (RFC 6120, 6121).
# It reads what Prosody writes (no CDATA, '>' always escaped), not any XML.

use strict;
use warnings;

use Carp qw(croak);
use IO::Select;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);
use Time::HiRes qw(time);

# For what the client's own server answers from memory.
use constant REPLY_TIMEOUT => 20;


sub new
{
    my ($class, %args) = @_;

    my $self = bless { %args, buffer => '' }, $class;

    $self->{socket} = IO::Socket::INET->new(
        PeerAddr => $self->{address},
        PeerPort => $self->{port},
    ) or croak("no XMPP server at $self->{address}:$self->{port}: $!");
    $self->{socket}->blocking(0);

    $self->authenticate();
    $self->bind_resource();
    $self->write('<presence/>');

    # Our own presence comes back to us: from here on we are online, and a
    # message to us is not put aside.
    $self->expect('presence');

    return $self;
}


sub jid
{
    my ($self) = @_;

    return "$self->{user}\@$self->{host}";
}


# Sends a message and waits for what becomes of it: "delivered" when the
# other client has it, or the condition of the error that came back
# (RFC 6120, section 8.3.3), or "lost".

sub send_to
{
    my ($self, $other, $timeout) = @_;

    my $id = sprintf('%s-%d', $self->{user}, ++$self->{sent});
    my $body = "$id to " . $other->jid();
    my $deadline = time() + $timeout;

    $self->write(sprintf("<message id='%s' to='%s' type='chat'>"
                         . '<body>%s</body></message>',
                         $id, $other->jid(), $body));

    while (time() < $deadline) {
        my $select = IO::Select->new($self->{socket}, $other->{socket});
        $select->can_read($deadline - time());

        for my $stanza ($self->stanzas()) {
            return error_condition($stanza)
                if attribute($stanza, 'id') eq $id
                && attribute($stanza, 'type') eq 'error';
        }

        for my $stanza ($other->stanzas()) {
            return 'delivered'
                if attribute($stanza, 'from') =~ m{^\Q@{[$self->jid()]}\E/}
                && $stanza =~ m{<body>\Q$body\E</body>};
        }
    }

    return 'lost';
}


sub authenticate
{
    my ($self) = @_;

    my $secret = encode_base64("\0$self->{user}\0$self->{password}", '');

    $self->open_stream();
    $self->write("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
                 . " mechanism='PLAIN'>$secret</auth>");
    $self->expect('success');

    # RFC 6120, section 6.4.6: the stream starts anew.
    $self->open_stream();
}


sub bind_resource
{
    my ($self) = @_;

    $self->write("<iq id='bind' type='set'><bind"
                 . " xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                 . '<resource>test</resource></bind></iq>');

    my $reply = $self->expect('iq');

    attribute($reply, 'type') eq 'result'
        or croak("no resource for " . $self->jid() . ": $reply");
}


sub open_stream
{
    my ($self) = @_;

    $self->write("<?xml version='1.0'?><stream:stream to='$self->{host}'"
                 . " version='1.0' xmlns='jabber:client'"
                 . " xmlns:stream='http://etherx.jabber.org/streams'>");
    $self->expect('stream:features');
}


# The next stanza of that name; anything else before it is not of interest.

sub expect
{
    my ($self, $name) = @_;

    my $deadline = time() + REPLY_TIMEOUT;

    while (time() < $deadline) {
        while (defined(my $stanza = $self->take_stanza())) {
            return $stanza if $stanza =~ /^<\Q$name\E[\s>\/]/;
            croak("$name expected, got $stanza")
                if $stanza =~ /^<(?:failure|stream:error)[\s>]/;
        }

        IO::Select->new($self->{socket})->can_read($deadline - time());
        $self->receive();
    }

    croak("no $name from the server of " . $self->jid());
}


sub stanzas
{
    my ($self) = @_;

    my @stanzas;

    $self->receive();

    while (defined(my $stanza = $self->take_stanza())) {
        push(@stanzas, $stanza);
    }

    return @stanzas;
}


sub receive
{
    my ($self) = @_;

    my ($got, $bytes);

    while ($got = $self->{socket}->sysread($bytes, 4096)) {
        $self->{buffer} .= $bytes;
    }

    croak("the server of " . $self->jid() . " hung up") if defined($got);
}


# Cuts the first complete child of the stream out of the buffer.

sub take_stanza
{
    my ($self) = @_;

    my $depth = 0;

    $self->{buffer} =~ s/\A\s*<\?xml[^>]*\?>//;
    $self->{buffer} =~ s/\A\s*<stream:stream[^>]*>//;
    $self->{buffer} =~ s/\A\s+//;

    pos($self->{buffer}) = 0;

    while ($self->{buffer} =~ m{\G[^<]*<(/?)[^>]*?(/?)>}g) {
        $depth += $1 ? -1 : $2 ? 0 : 1;

        if ($depth <= 0) {
            return substr($self->{buffer}, 0, pos($self->{buffer}), '');
        }
    }

    return;
}


sub write
{
    my ($self, $text) = @_;

    # A stanza is far smaller than a socket's buffer: it goes in one piece.
    $self->{socket}->syswrite($text) == length($text)
        or croak("the server of " . $self->jid() . " took no data: $!");
}


# Of the stanza itself, not of its children.

sub attribute
{
    my ($stanza, $name) = @_;

    my ($head) = $stanza =~ /^(<[^>]*>)/;

    return $head =~ /\s\Q$name\E=(['"])(.*?)\1/ ? $2 : '';
}


sub error_condition
{
    my ($stanza) = @_;

    return $stanza =~ m{<error\b[^>]*>\s*<([a-z-]+)} ? $1 : 'error';
}


1;
